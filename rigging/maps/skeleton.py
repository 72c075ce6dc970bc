"""A rig as a tree of bones in the world, and the tree of those that are its body. numpy only.

A control rig holds hundreds of bones that move no skin, and its deforming bones often hang in the controls instead of
in each other. The body's tree leaves the machinery out and hangs every bone on the one that it follows.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..rig import RigRest
from ..rotations import unit

Array = NDArray[np.float64]

MOVES = 1e-5  # share of the skin from which a bone counts as moving some
DRIVEN = 0.3  # of the skin's bones held by constraints: the rig is a control rig
TOUCHES = 0.06  # of the height: so near is the end of the bone that a loose bone continues
SAME_PLACE = 2e-3  # of the height
LOOSE = 0.25  # of the height: so far a part that hangs on nothing may begin from what it belongs to
FAR = 0.12  # of the height: a bone that starts so far from a parent without skin may be loose


@dataclass
class Skeleton:
    """A rig as a tree of bones with places in the world."""

    rest: RigRest
    parents: NDArray[np.int64]  # (B,) as the body hangs together; -1 for roots and for what is no body
    children: list[list[int]]
    heads: Array  # (B,3)
    tails: Array  # (B,3)
    body: NDArray[np.bool_]  # (B,) the bones of this tree

    @classmethod
    def of(cls, rest: RigRest) -> "Skeleton":
        """Return the tree of a rig with all its bones, as it is."""
        parents = np.asarray(rest.parents, np.int64)
        everything = np.ones(len(rest.bones), np.bool_)
        return cls(rest, parents, _children(parents), rest.heads(), rest.tails(), everything)

    @classmethod
    def body_of(cls, rest: RigRest, *, up: Array | None = None) -> "Skeleton":
        """Return the tree of the bones that move the skin, or carry those that do.

        Without a known skin it is the deforming bones. ``up`` (3,3) turns the rig upright first.
        """
        whole = cls.of(rest)
        heads, tails = whole.heads, whole.tails
        if up is not None:
            heads, tails = heads @ up.T, tails @ up.T
        moving = moving_bones(rest)
        body = moving | _carriers(rest, moving)
        height = float(np.ptp(heads[body, 2])) if body.any() else 1.0
        parents = _rehung(rest, body, moving, heads, tails, height)
        return cls(rest, parents, _children(parents), heads, tails, body)

    @cached_property
    def height(self) -> float:
        """How tall the body's bones are, metres."""
        return float(np.ptp(self.heads[self.body, 2])) or 1.0

    @cached_property
    def skin(self) -> Array:
        """The share of the skin (B,); without a known skin every bone of the body counts the same."""
        if self.rest.skin is not None:
            return self.rest.skin
        return self.body / max(1, int(self.body.sum()))

    @cached_property
    def below(self) -> list[list[int]]:
        """For each bone itself and all bones below it."""
        found: list[list[int]] = [[] for _ in self.children]
        for b in self.bottom_up():
            found[b] = [b, *(other for child in self.children[b] for other in found[child])]
        return found

    @cached_property
    def mass(self) -> Array:
        """The share of the skin (B,) of each bone with all below it."""
        total = self.skin.copy()
        for b in self.bottom_up():
            if self.parents[b] >= 0:
                total[self.parents[b]] += total[b]
        return total

    def bottom_up(self) -> list[int]:
        """Return the bones of the tree, children before their parents."""
        order = [b for b in range(len(self.parents)) if self.parents[b] < 0]
        for b in order:
            order.extend(self.children[b])
        return order[::-1]

    def centre(self, b: int) -> Array:
        """Return the middle of what a bone moves (3,), or of the bone itself where it moves nothing."""
        centres = self.rest.skin_centres
        if centres is not None and np.isfinite(centres[b]).all():
            return centres[b]
        return (self.heads[b] + self.tails[b]) / 2

    def path_up(self, b: int) -> list[int]:
        """Return the bone and those above it, up to the root."""
        found = [b]
        while (b := int(self.parents[b])) >= 0:
            found.append(b)
        return found

    def path(self, above: int, below: int) -> list[int] | None:
        """Return the bones from ``above`` to ``below``, both included, or None when it does not lie above."""
        up = self.path_up(below)
        return up[: up.index(above) + 1][::-1] if above in up else None

    def meeting(self, a: int, b: int) -> int | None:
        """Return the nearest bone above both (or one of them)."""
        above = set(self.path_up(b))
        return next((bone for bone in self.path_up(a) if bone in above), None)


def moving_bones(rest: RigRest) -> NDArray[np.bool_]:
    """Return which bones (B,) move the skin; without a known skin the deforming bones, else all."""
    if rest.skin is not None and (rest.skin > MOVES).sum() >= 4:
        return rest.skin > MOVES
    if rest.deform is not None and rest.deform.sum() >= 10:
        return rest.deform.copy()
    return np.ones(len(rest.bones), np.bool_)


def is_control_rig(rest: RigRest) -> bool:
    """Return whether constraints drive the bones that move the skin."""
    moving = moving_bones(rest)
    return rest.constrained is not None and bool(moving.any()) and float(rest.constrained[moving].mean()) > DRIVEN


def _children(parents: NDArray[np.int64]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in parents]
    for b, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(b)
    return children


def _carriers(rest: RigRest, moving: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the bones (B,) that move no skin themselves but carry bones that do; no machinery of a control rig."""
    carries = moving.copy()
    for b in range(len(rest.bones) - 1, -1, -1):  # parents come first, so this is bottom up
        if carries[b] and rest.parents[b] >= 0:
            carries[rest.parents[b]] = True
    if is_control_rig(rest):
        if rest.deform is None or rest.constrained is None:
            return moving
        carries &= rest.deform
    return carries


def _rehung(
    rest: RigRest, body: NDArray[np.bool_], moving: NDArray[np.bool_], heads: Array, tails: Array, height: float
) -> NDArray[np.int64]:
    """Return the parents (B,) of the body's bones: the nearest above, its twin, or what a loose bone continues."""
    twins = _twins(body, moving, heads, tails, height)
    parents = np.full(len(rest.bones), -1, np.int64)
    for b in np.flatnonzero(body):
        for above in rest.ancestors(int(b)):
            hung_on = above if body[above] else twins.get(above, -1)
            if hung_on >= 0 and hung_on != b and b not in _up(parents, hung_on):
                parents[b] = hung_on
                break
    for b in np.flatnonzero(body):
        parent = int(parents[b])
        if parent >= 0 and (moving[parent] if rest.skin is not None else parents[parent] >= 0):
            continue
        near = parent >= 0 and _starts_near(parent, heads, tails, int(b), height)
        if near and parents[parent] >= 0:
            continue
        end = _end_nearby(int(b), moving, parents, heads, tails, height * (0.3 if near else 1.0))
        if end is not None:
            parents[b] = end
    _hang_up_loose_roots(rest, moving, parents, heads, tails, height)
    return parents


def _hang_up_loose_roots(
    rest: RigRest, moving: NDArray[np.bool_], parents: NDArray[np.int64], heads: Array, tails: Array, height: float
) -> None:
    """Hang roots that move skin, such as arms that hang on nothing, on the nearest bone; the largest root stays."""
    sizes = np.zeros(len(parents), np.int64)
    tops = np.arange(len(parents))
    for b in np.flatnonzero(moving):
        top = int(b)
        while parents[top] >= 0:
            top = int(parents[top])
        tops[b] = top
        sizes[top] += 1
    roots = [int(b) for b in np.flatnonzero(sizes > 0)]
    if len(roots) < 2:
        return
    large = [b for b in roots if sizes[b] > 0.15 * sizes.max()]
    central = min(large, key=lambda b: _off_the_middle(b, tops, heads, moving))
    for root in sorted(roots, key=lambda b: -sizes[b]):
        if root == central or (rest.skin is None and sizes[root] < 2):
            continue
        free = np.flatnonzero(moving & (tops != root))
        apart = _from_segments(heads[root], heads[free], tails[free])
        if apart.min(initial=np.inf) < LOOSE * height:
            parents[root] = free[int(apart.argmin())]
            tops[tops == root] = tops[parents[root]]


def _off_the_middle(root: int, tops: NDArray[np.int64], heads: Array, moving: NDArray[np.bool_]) -> float:
    """Return how far a root's bones lie from the middle of the body, more when they do not rise: the trunk's least."""
    own, every = heads[moving & (tops == root)], heads[moving]
    middle = (every.max(axis=0) + every.min(axis=0)) / 2
    rise = float(np.ptp(own[:, 2])) / max(float(np.ptp(every[:, 2])), 1e-9)
    return float(np.linalg.norm((own.mean(axis=0) - middle)[:2])) / max(rise, 0.05)


def _from_segments(point: Array, starts: Array, ends: Array) -> Array:
    """Return how far a point (3,) is from line segments (N,)."""
    span = ends - starts
    share = np.clip(np.sum((point - starts) * span, -1) / np.maximum(np.sum(span**2, -1), 1e-12), 0.0, 1.0)
    return np.linalg.norm(point - starts - share[:, None] * span, axis=-1)


def _twins(
    body: NDArray[np.bool_], moving: NDArray[np.bool_], heads: Array, tails: Array, height: float
) -> dict[int, int]:
    """Return bone that is no body -> bone that moves skin at the same place in the same direction."""
    candidates = np.flatnonzero(moving)
    along = unit(tails - heads)
    twins: dict[int, int] = {}
    others = np.flatnonzero(~body)
    if not len(others) or not len(candidates):
        return twins
    apart = np.linalg.norm(heads[others, None] - heads[candidates], axis=-1)
    fits = (apart < SAME_PLACE * height) & (along[others] @ along[candidates].T > 0.95)
    nearest = np.where(fits, apart, np.inf).argmin(axis=1)
    for row in np.flatnonzero(fits.any(axis=1)):
        twins[int(others[row])] = int(candidates[nearest[row]])
    return twins


def _starts_near(parent: int, heads: Array, tails: Array, b: int, height: float) -> bool:
    """Return whether a bone starts near its parent: it is no loose bone then."""
    return bool(_from_segments(heads[b], heads[[parent]], tails[[parent]])[0] < FAR * height)


def _end_nearby(
    b: int,
    moving: NDArray[np.bool_],
    parents: NDArray[np.int64],
    heads: Array,
    tails: Array,
    height: float,
) -> int | None:
    """Return the bone whose end a loose bone continues: the skin's bone that ends or points nearest to its head."""
    if not moving[b]:
        return None
    free = np.array([c for c in np.flatnonzero(moving) if b not in _up(parents, int(c))], np.int64)
    if not len(free):
        return None
    apart = np.linalg.norm(tails[free] - heads[b], axis=-1)
    along = unit(tails[free] - heads[free])
    ahead = np.sum((heads[b] - heads[free]) * along, -1)
    aside = np.linalg.norm(heads[b] - heads[free] - ahead[:, None] * along, axis=-1)
    has_children = np.isin(free, parents[parents >= 0])
    continues = ~has_children & (ahead > 0) & (aside < 0.25 * ahead) & (apart < 0.25 * height)
    cost = np.where(continues, 0.2 * apart, apart)
    best = int(cost.argmin())
    beside = np.flatnonzero(parents == free[best])
    taken = bool(
        (np.linalg.norm(heads[beside] - tails[free[best]], axis=-1) <= apart[best] + SAME_PLACE * height).any()
    )
    return int(free[best]) if cost[best] < TOUCHES * height and not taken else None


def _up(parents: NDArray[np.int64], b: int) -> set[int]:
    found = {b}
    while (b := int(parents[b])) >= 0:
        found.add(b)
    return found
