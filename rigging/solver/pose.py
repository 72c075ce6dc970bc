"""A rig while it moves: turns and heads of its bones, and the channels that make Blender move it so. numpy only."""

from collections.abc import Mapping
from copy import copy
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ..maps.parts import SIDES
from ..rig import RigMap, RigRest
from ..rotations import IDENTITY, conjugate, continuous, in_axes, multiply, rotate
from .anatomy import RigBody

Array = NDArray[np.float64]
BoneTurns = Mapping[str, Array | None]


def moving_bone(rest: RigRest, rig_map: RigMap) -> str:
    """Return the bone that carries the whole body: the hips, or the nearest bone above hips, thighs and spine."""
    hips = rig_map.bones["hips"][0]
    carried = [rig_map.bones[part][0] for part in ("left_thigh", "right_thigh", "spine") if rig_map.bones.get(part)]
    above = [{rest.index(bone), *rest.ancestors(rest.index(bone))} for bone in carried]
    for bone in (rest.index(hips), *rest.ancestors(rest.index(hips))):
        if all(bone in ancestors for ancestors in above):
            return rest.bones[bone]
    return hips


class Pose:
    """The mapped bones and their ancestors over F frames, in armature space; the body is shifted as a whole."""

    def __init__(self, rig: RigBody, turns: BoneTurns, frames: int, stood_up: Array = IDENTITY) -> None:
        """Turn bones by world turns (F,4) from rest; None leaves a bone at rest in what carries it.

        ``stood_up`` (4,) is what has been turned before them, where they count from a rest that stands.
        """
        self.rig = rig
        self.rest = rig.rest
        self.frames = frames
        self.given = turns
        self.stood_up = stood_up
        self.keyed = {self.rest.index(bone) for bone in turns}
        self.carriers = self._carriers()
        self.order = self._order()
        self.hips = self.rest.index(moving_bone(self.rest, rig.map))
        self.mover = self.hips
        while self.rest.is_connected(self.mover):  # Blender ignores the location of a connected bone
            self.mover = int(self.rest.parents[self.mover])
        self.moved = self._moved()
        self.turns: dict[int, Array] = {}
        self.gaps: dict[int, Array] = {}
        self.heads: dict[int, Array] = {}
        self.shift = np.zeros((frames, 3))
        self._forward(None)

    def turned(self, turns: BoneTurns) -> "Pose":
        """Return the pose with other turns of some of its bones; what they do not move is not computed again."""
        other = copy(self)
        other.given = {**self.given, **turns}
        other._forward(self)
        return other

    def place_hips(self, path: Array) -> None:
        """Move the rig so that the middle of its hips follows a path (F,3) in the world."""
        to_armature = np.linalg.inv(self.rest.world)
        wanted = path @ to_armature[:3, :3].T + to_armature[:3, 3]
        middle = to_armature[:3, :3] @ self.rig.hip_middle + to_armature[:3, 3]
        self.shift = wanted - self.heads[self.hips] - rotate(self.turns[self.hips], middle - self._at_rest(self.hips))

    def world_head(self, bone: int) -> Array:
        """Return the path (F,3) of a bone's head in the world."""
        head = self.heads[bone] + self.shift if bone in self.moved else self.heads[bone]
        return head @ self.rest.world[:3, :3].T + self.rest.world[:3, 3]

    def channels(self) -> tuple[tuple[str, ...], Array, dict[str, Array]]:
        """Return the bones with their local rotations (F,K,4) and locations."""
        keyed = [b for b in self.order if b in self.keyed or b in self.gaps or b == self.mover]
        rotations = np.stack([self._basis(b) for b in keyed], 1)
        locations = {self.rest.bones[b]: self._location(b) for b in keyed if b in self.gaps or b == self.mover}
        return tuple(self.rest.bones[b] for b in keyed), continuous(rotations), locations

    def _order(self) -> list[int]:
        """Return the keyed bones and all above them, each after its parent and its carrier."""
        found: dict[int, None] = {}

        def visit(b: int) -> None:
            if b < 0 or b in found:
                return
            visit(int(self.rest.parents[b]))
            visit(self.carriers.get(b, -1))
            found[b] = None

        for b in sorted(self.keyed):
            visit(b)
        return list(found)

    def _moved(self) -> set[int]:
        """Return the bones that go where the moving bone goes."""
        moved = {self.mover}
        for b in self.order:
            if self.carriers.get(b, int(self.rest.parents[b])) in moved:
                moved.add(b)
        return moved

    def _forward(self, before: "Pose | None") -> None:
        """Compute turns and heads, before the body is shifted; what a former pose had already is taken from it."""
        self.turns = self._armature_turns(before)
        self.heads, self.gaps = {}, {}
        for b in self.order:
            parent, carrier = int(self.rest.parents[b]), self.carriers.get(b, -1)
            if before is not None and all(self._same(before, a) for a in (parent, carrier)):
                self.heads[b] = before.heads[b]
                if b in before.gaps:
                    self.gaps[b] = before.gaps[b]
                continue
            self.heads[b] = self._carried(b, parent)
            if carrier >= 0 and b != self.mover:
                wanted = self._carried(b, carrier)
                self.gaps[b] = wanted - self.heads[b]
                self.heads[b] = wanted

    def _same(self, before: "Pose", b: int) -> bool:
        return b < 0 or (self.heads[b] is before.heads[b] and self.turns[b] is before.turns[b])

    def _carried(self, b: int, carrier: int) -> Array:
        """Return where (F,3) a bone has the head of another one."""
        if carrier < 0:
            return np.broadcast_to(self._at_rest(b), (self.frames, 3))
        return self.heads[carrier] + rotate(self.turns[carrier], self._at_rest(b) - self._at_rest(carrier))

    def _at_rest(self, b: int) -> Array:
        return self.rest.rest[b, :3, 3]

    def _location(self, b: int) -> Array:
        """Return the location channels (F,3): the bone's way from where its parent has it, in its own axes."""
        parent = int(self.rest.parents[b])
        way = self.shift if b == self.mover else self.gaps[b]
        if b != self.mover and self.carriers[b] in self.moved and parent not in self.moved:
            way = way + self.shift
        if parent >= 0:  # the axes of a location turn with the parent even where the bone itself does not
            way = rotate(conjugate(self.turns[parent]), way)
        return way @ self.rest.location_axes(b)

    def _basis(self, b: int) -> Array:
        """Return the rotation channels (F,4)."""
        parent = int(self.rest.parents[b])
        turn = self.turns[b]
        if parent >= 0 and self.rest.inherits(b):
            turn = multiply(conjugate(self.turns[parent]), turn)
        return in_axes(turn, self.rest.rest[b, :3, :3])

    def _armature_turns(self, before: "Pose | None") -> dict[int, Array]:
        """Return the turn of every bone on the way in armature axes; bones without one move with their carrier."""
        axes = self.rest.world_rotation()
        still = np.tile(IDENTITY, (self.frames, 1))
        found: dict[int, Array] = {}
        for b in self.order:
            turn = self.given.get(self.rest.bones[b])
            parent = self.carriers.get(b, int(self.rest.parents[b]))
            if turn is not None:
                known = before is not None and before.given.get(self.rest.bones[b]) is turn
                found[b] = before.turns[b] if before is not None and known else in_axes(self._from_rest(turn), axes)
            elif parent >= 0 and (self.rest.inherits(b) or b in self.keyed):
                found[b] = found[parent]
            else:
                found[b] = still
        return found

    def _from_rest(self, turn: Array) -> Array:
        return turn if self.stood_up is IDENTITY else multiply(turn, self.stood_up)

    def _carriers(self) -> dict[int, int]:
        """Return bone -> bone of the part that carries it, for bones that are not below that one in the rig."""
        names, rest = self.rig.map.bones, self.rest
        loose: dict[int, int] = {}
        chains = [["hips", "spine", "neck", "head"]]
        for side in SIDES:
            chains += [
                ["spine", *(f"{side}_{part}" for part in ("clavicle", "upper_arm", "forearm", "hand"))],
                ["hips", *(f"{side}_{part}" for part in ("thigh", "shin", "foot", "toe"))],
            ]
        mover = moving_bone(rest, self.rig.map)
        for chain in chains:
            bones = [mover if part == "hips" else bone for part in chain for bone in names.get(part, ())]
            for above, below in pairwise(bones):
                b, carrier = rest.index(below), rest.index(above)
                if b != carrier and carrier not in rest.ancestors(b) and not rest.is_connected(b):
                    loose[b] = carrier
        return loose
