"""The body of a rig at rest: where its joints lie, which way it faces, how it stands. numpy only."""

from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...errors import PosewrightError
from ..maps.mapping import GIVE_MAP
from ..maps.parts import SIDES
from ..rig import RigMap, RigRest
from ..rotations import across, unit

Array = NDArray[np.float64]

NEXT_PART: Final = {
    "clavicle": ("upper_arm",),
    "upper_arm": ("forearm", "hand"),
    "forearm": ("hand",),
    "thigh": ("shin", "foot"),
    "shin": ("foot",),
    "foot": ("toe",),
}
"""Where the bone of a part points to at rest: the head of the next part that the rig has."""

_FLOOR_AT_ZERO = 0.1  # of the leg: feet whose lowest point is nearer to z = 0 than this stand on it


class RigBody:
    """Joints, directions and sizes of a mapped rig at rest, in world axes and metres."""

    def __init__(self, rest: RigRest, rig_map: RigMap) -> None:
        """Measure the rig; raises PosewrightError when it lacks thighs or upper arms."""
        self.rest = rest
        self.map = rig_map
        self.heads = rest.heads()
        self.tails = rest.tails()
        for part, word in (("thigh", "legs"), ("upper_arm", "arms")):
            if any(f"{side}_{part}" not in rig_map.bones for side in SIDES):
                raise PosewrightError(f"The armature {rest.name} has no {word} that Posewright can find; {GIVE_MAP}")

    def has(self, part: str) -> bool:
        """Return whether the rig has a bone for the part."""
        return bool(self.map.bones.get(part))

    def index(self, part: str) -> int:
        """Return the index of the first bone of a part."""
        return self.rest.index(self.map.bones[part][0])

    def joint(self, part: str) -> Array:
        """Return the head (3,) of the first bone of a part."""
        return self.heads[self.index(part)]

    def direction(self, part: str) -> Array:
        """Return the unit direction (3,) of a part: to the next part, or along its last bone where that is missing."""
        side, core = part.split("_", 1)
        for follower in NEXT_PART.get(core, ()):
            if self.has(f"{side}_{follower}"):
                vector = self.joint(f"{side}_{follower}") - self.joint(part)
                if np.linalg.norm(vector) > 1e-6:
                    return unit(vector)
        return unit(self.tails[self.rest.index(self.map.bones[part][-1])] - self.joint(part))

    def length(self, part: str) -> float:
        """Return the length of a part in metres: to the next part, or of its bones where that is missing."""
        side, core = part.split("_", 1)
        follower = next((f"{side}_{name}" for name in NEXT_PART.get(core, ()) if self.has(f"{side}_{name}")), None)
        end = self.joint(follower) if follower else self.tails[self.rest.index(self.map.bones[part][-1])]
        return float(np.linalg.norm(end - self.joint(part)))

    @cached_property
    def hip_middle(self) -> Array:
        """The middle (3,) between the hip joints."""
        return (self.joint("left_thigh") + self.joint("right_thigh")) / 2

    @cached_property
    def neck_base(self) -> Array:
        """The point (3,) where the neck begins; between the shoulders for rigs without neck and head."""
        for part in ("neck", "head"):
            if self.has(part):
                return self.joint(part)
        return (self.joint("left_upper_arm") + self.joint("right_upper_arm")) / 2

    @cached_property
    def left(self) -> Array:
        """The rig's own left (3,), from hip to hip."""
        return unit(self.joint("left_thigh") - self.joint("right_thigh"))

    @cached_property
    def shoulder_line(self) -> Array:
        """From the right to the left shoulder (3,)."""
        return unit(self.joint("left_upper_arm") - self.joint("right_upper_arm"))

    @cached_property
    def up(self) -> Array:
        """Along the trunk (3,), at right angles to ``left``."""
        return unit(across(unit(self.neck_base - self.hip_middle), self.left))

    @cached_property
    def forward(self) -> Array:
        """Where the rig faces (3,)."""
        return np.cross(self.left, self.up)

    @cached_property
    def leg_length(self) -> float:
        """Thigh and shin in metres, mean of both sides."""
        return float(np.mean([sum(self.leg_pieces(side)) for side in SIDES]))

    def leg_pieces(self, side: str) -> list[float]:
        """Return the lengths of thigh and shin in metres, or that of the one bone that a leg has."""
        points = [self.joint(f"{side}_{part}") for part in ("thigh", "shin") if self.has(f"{side}_{part}")]
        return [float(np.linalg.norm(b - a)) for a, b in pairwise([*points, self.ankle(side)])]

    @cached_property
    def floor(self) -> float:
        """Height of the floor that the rig stands on at rest: 0, or its lowest foot point when that is elsewhere."""
        bones = [
            self.rest.index(bone)
            for side in SIDES
            for part in ("foot", "toe", "shin")
            for bone in self.map.bones.get(f"{side}_{part}", ())
        ]
        lowest = float(min(self.heads[bones, 2].min(), self.tails[bones, 2].min())) if bones else 0.0
        return 0.0 if abs(lowest) < _FLOOR_AT_ZERO * self.leg_length else lowest

    @cached_property
    def ankle_height(self) -> float:
        """Height of the ankles over the floor at rest, mean of both sides."""
        return float(np.mean([self.ankle(side)[2] for side in SIDES])) - self.floor

    def ankle(self, side: str) -> Array:
        """Return the ankle (3,): the head of the foot, or the end of the leg's last bone."""
        if self.has(f"{side}_foot"):
            return self.joint(f"{side}_foot")
        return self.tails[self.rest.index(self.map.bones[self._last_leg_part(side)][-1])]

    def foot_direction(self, side: str) -> Array:
        """Return the direction (3,) from ankle to the ball of the foot, forward where the rig does not tell."""
        direction = self.direction(f"{side}_foot")
        level = self.forward * np.array([1.0, 1.0, 0.0])
        return direction if float(direction @ unit(level)) > 0.2 else unit(level)

    def spine_point(self, share: float) -> Array:
        """Return the point (3,) at a share of the way from the hips along the spine to the base of the neck."""
        points = np.stack([self.hip_middle, *self.spine_heads, self.neck_base])
        steps = np.linalg.norm(np.diff(points, axis=0), axis=-1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        return np.array([np.interp(share * along[-1], along, points[:, k]) for k in range(3)])

    @cached_property
    def spine_heads(self) -> list[Array]:
        """Heads (3,) of the spine bones, from the hips up."""
        return [self.heads[self.rest.index(bone)] for bone in self.map.bones.get("spine", ())]

    def _last_leg_part(self, side: str) -> str:
        return f"{side}_shin" if self.has(f"{side}_shin") else f"{side}_thigh"
