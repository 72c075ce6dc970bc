"""A rig at rest, its map to the humanoid, and the motion solved for it. numpy only."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .maps.parts import PARTS

MAP_FORMAT: Final = "posewright-map-1"


@dataclass
class RigRest:
    """The rest pose of one armature (B bones), as Blender states it.

    ``rest`` holds each bone's matrix in armature space (``bone.matrix_local``: Y along the bone);
    ``world`` is the armature object's ``matrix_world``. Parents come before their children.
    """

    name: str
    bones: tuple[str, ...]
    parents: NDArray[np.int64]  # (B,), -1 for a root
    rest: NDArray[np.float64]  # (B,4,4)
    lengths: NDArray[np.float64]  # (B,) armature units
    world: NDArray[np.float64]  # (4,4)
    deform: NDArray[np.bool_] | None = None  # (B,)
    connected: NDArray[np.bool_] | None = None  # (B,) use_connect: location keys have no effect
    inherit_rotation: NDArray[np.bool_] | None = None  # (B,) use_inherit_rotation; None: all do
    constrained: NDArray[np.bool_] | None = None  # (B,) has active constraints, which overrule keys
    local_location: NDArray[np.bool_] | None = None  # (B,) use_local_location: keys count in the bone's axes; None: all
    skin: NDArray[np.float64] | None = None  # (B,) share of the weight of the character's vertices; None: not known
    skin_centres: NDArray[np.float64] | None = None  # (B,3) middle of what the bone moves, world metres; NaN: nothing
    skin_edges: NDArray[np.float64] | None = None  # (B,K,3) outermost of what it moves, armature space; NaN: nothing
    humanoid: dict[str, str] | None = None  # VRM's name of a human bone -> bone, where the file itself says so

    def index(self, bone: str) -> int:
        """Return the index of a bone; ValueError when the rig lacks it."""
        return self.bones.index(bone)

    def is_connected(self, b: int) -> bool:
        """Return whether the bone's head is tied to its parent's tail."""
        return self.connected is not None and bool(self.connected[b]) and self.parents[b] >= 0

    def inherits(self, b: int) -> bool:
        """Return whether the bone turns with its parent."""
        return self.inherit_rotation is None or bool(self.inherit_rotation[b])

    def is_held(self, b: int) -> bool:
        """Return whether active constraints move the bone away from its keys."""
        return self.constrained is not None and bool(self.constrained[b])

    def location_axes(self, b: int) -> NDArray[np.float64]:
        """Return the axes (3,3) at rest, in armature space, that the location keys of a bone count in."""
        if self.local_location is None or bool(self.local_location[b]):
            return self.rest[b, :3, :3]
        return self.rest[self.parents[b], :3, :3] if self.parents[b] >= 0 else np.eye(3)

    def ancestors(self, b: int) -> list[int]:
        """Return the bones above a bone, the nearest first."""
        found: list[int] = []
        while (b := int(self.parents[b])) >= 0:
            found.append(b)
        return found

    def world_rotation(self) -> NDArray[np.float64]:
        """Return the rotation (3,3) of the armature in the world, without its scale."""
        u, _, v = np.linalg.svd(self.world[:3, :3])
        return np.matmul(u, v, dtype=np.float64)

    def unsheared(self) -> tuple["RigRest", NDArray[np.float64]]:
        """Return the rig in a world where its object is scaled evenly, and what (3,3) brings places of the world there.

        Bones turn before the object scales them: in that world they turn as rigid bodies do. An even scale changes
        nothing.
        """
        linear = self.world[:3, :3]
        uneven = linear @ self.world_rotation().T
        size = abs(np.linalg.det(linear)) ** (1 / 3)
        to_even = size * np.linalg.inv(uneven)
        world = self.world.copy()
        world[:3] = to_even @ world[:3]
        return replace(self, world=world), to_even

    def heads(self) -> NDArray[np.float64]:
        """Return the heads (B,3) of the bones at rest in the world, metres."""
        return self.rest[:, :3, 3] @ self.world[:3, :3].T + self.world[:3, 3]

    def edges_of(self, bones: Collection[int]) -> NDArray[np.float64]:
        """Return the outermost points (N,3) of what bones move, at rest in the world, metres; none if not known."""
        if self.skin_edges is None or not bones:
            return np.zeros((0, 3))
        points = self.skin_edges[list(bones)].reshape(-1, 3)
        points = np.unique(points[np.isfinite(points).all(-1)], axis=0)
        return points @ self.world[:3, :3].T + self.world[:3, 3]

    def tails(self) -> NDArray[np.float64]:
        """Return the tails (B,3) of the bones at rest in the world, metres."""
        local = self.rest[:, :3, 3] + self.rest[:, :3, 1] * self.lengths[:, None]
        return local @ self.world[:3, :3].T + self.world[:3, 3]


@dataclass
class RigMap:
    """Canonical humanoid part -> bones of one rig (several bones share a part, root end first).

    Parts: hips, spine, neck, head, and with left_/right_: clavicle, upper_arm, forearm, hand,
    thigh, shin, foot, toe. Optional extra parts, with left_/right_: thumb, index, middle, ring, pinky (from the
    knuckle to the tip, without metacarpals), and upper_arm_twist, forearm_twist, thigh_twist, shin_twist (helper
    bones that hang beside the chain; bones in the chain belong to the part itself).
    """

    bones: dict[str, tuple[str, ...]]
    source: str = ""  # the preset or method that made it
    notes: list[str] = field(default_factory=list)  # what was not found, in plain words
    confidence: dict[str, float] = field(default_factory=dict)  # part -> 0..1; empty where nobody judged

    def first(self, part: str) -> str | None:
        """Return the first bone of a part, or None."""
        return self.bones.get(part, (None,))[0]

    def to_json(self) -> dict[str, Any]:
        """Return the content of a map file: a bone, a list of bones (always for the spine), or null."""
        entries: dict[str, Any] = dict.fromkeys(PARTS)
        for part, bones in self.bones.items():
            entries[part] = bones[0] if len(bones) == 1 and part != "spine" else list(bones)
        content: dict[str, Any] = {"format": MAP_FORMAT, "source": self.source, "map": entries}
        if self.confidence:
            content["confidence"] = {part: round(value, 2) for part, value in self.confidence.items()}
        return content


@dataclass
class BoneMotion:
    """Local motion of the mapped bones (F frames, K bones), ready to be keyed.

    Rotations and locations are pose channels: relative to the bone's rest pose in its parent
    (Blender's ``matrix_basis``). Quaternions are wxyz with continuous signs.
    """

    bones: tuple[str, ...]
    rotations: NDArray[np.float64]  # (F,K,4)
    locations: dict[str, NDArray[np.float64]]  # bone -> (F,3), armature units; usually the hips alone
    times: NDArray[np.float64]  # (F,) seconds from the first frame
