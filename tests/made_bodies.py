"""Bodies of all kinds as rigs of numbers, with skin and decoys, for the tests of maps: names that say nothing."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from naming_systems import Naming, fill
from numpy.typing import NDArray
from posewright.rigging.maps.parts import PARTS
from posewright.rigging.rig import RigRest
from posewright.rigging.rotations import about, rotate
from synthetic_rigs import BODY, make_rig, mirrored

Array = NDArray[np.float64]
Bones = dict[str, tuple]

FINGER_PLACES = {"thumb": -0.04, "index": -0.03, "middle": -0.005, "ring": 0.02, "pinky": 0.04}


def body() -> Bones:
    """Return the plain person of the synthetic rigs, both sides: bone -> (parent, head, tail)."""
    return dict(mirrored(BODY))


def both(bones: Bones, name: str, parent: str, head: tuple, tail: tuple) -> None:
    """Add a bone of the left side and its mirror image; ``parent`` may be of the middle."""
    for side, s in (("left", 1), ("right", -1)):
        above = parent if parent in bones and not parent.startswith("left_") else parent.replace("left_", f"{side}_")
        bones[f"{side}_{name}"] = (above, (s * head[0], *head[1:]), (s * tail[0], *tail[1:]))


def chain(bones: Bones, name: str, parent: str, points: list[tuple], *, sides: bool = False) -> None:
    """Add a chain of bones through points; with ``sides`` on both sides."""
    above = parent
    for i, (head, tail) in enumerate(pairwise(points)):
        if sides:
            both(bones, f"{name}{i}", above, head, tail)
            above = f"left_{name}{i}"
        else:
            bones[f"{name}{i}"] = (above, head, tail)
            above = f"{name}{i}"


def without(bones: Bones, *cores: str) -> Bones:
    """Return the bones without those parts; their children hang on their parents."""
    gone = {name for name in bones if name in cores or name.split("_", 1)[-1] in cores}
    result = {}
    for name, (parent, head, tail) in bones.items():
        if name in gone:
            continue
        while parent in gone:
            parent = bones[parent][0]
        result[name] = (parent, head, tail)
    return result


def with_fingers(bones: Bones, *, palms: bool = False) -> Bones:
    for finger, y in FINGER_PLACES.items():
        start, step = (0.75, 0.03) if finger == "thumb" else (0.8, 0.025)
        aside = -0.02 if finger == "thumb" else 0.0
        parent = "left_hand"
        if palms and finger != "thumb":
            both(bones, f"{finger}_palm", parent, (0.735, y / 3, 1.4), (start, y, 1.4))
            parent = f"left_{finger}_palm"
        points = [(start + i * step, y + i * aside, 1.4) for i in range(4)]
        chain(bones, f"{finger}_", parent, points, sides=True)
    return bones


def with_twists_in_chain(bones: Bones) -> Bones:
    """Split upper arms, forearms, thighs and shins in two: true parts stay the first halves."""
    for side in ("left", "right"):
        for part, child in (("upper_arm", "forearm"), ("forearm", "hand"), ("thigh", "shin"), ("shin", "foot")):
            parent, head, tail = bones[f"{side}_{part}"]
            middle = tuple((np.array(head, float) + np.array(tail, float)) / 2)
            bones[f"{side}_{part}"] = (parent, head, middle)
            bones[f"{side}_{part}_lower"] = (f"{side}_{part}", middle, tail)
            _, *places = bones[f"{side}_{child}"]
            bones[f"{side}_{child}"] = (f"{side}_{part}_lower", *places)
    return parents_first(bones)


def with_twists_beside(bones: Bones) -> Bones:
    for part in ("upper_arm", "forearm", "thigh", "shin"):
        _, head, tail = bones[f"left_{part}"]
        start, end = np.array(head, float), np.array(tail, float)
        for i, share in enumerate((0.33, 0.66)):
            a, b = start + share * (end - start), start + (share + 0.2) * (end - start)
            both(bones, f"{part}_helper{i}", f"left_{part}", tuple(a), tuple(b))
    return bones


def with_loose_feet(bones: Bones) -> Bones:
    bones = {"root": (None, (0, 0, 0), (0, 0.3, 0)), **bones}
    for side in ("left", "right"):
        bones[f"{side}_foot"] = ("root", *bones[f"{side}_foot"][1:])
    bones["hips"] = ("root", *bones["hips"][1:])
    return bones


def with_many_roots(bones: Bones) -> Bones:
    """Arms and legs that hang on nothing."""
    for side in ("left", "right"):
        for part in ("clavicle", "thigh"):
            bones[f"{side}_{part}"] = (None, *bones[f"{side}_{part}"][1:])
    return bones


def with_hair(bones: Bones) -> Bones:
    chain(
        bones, "hair", "head", [(0.08, 0.05, 1.7), (0.11, 0.1, 1.4), (0.12, 0.12, 1.1), (0.12, 0.12, 0.8)], sides=True
    )
    chain(bones, "ponytail", "head", [(0, 0.1, 1.7), (0, 0.16, 1.5), (0, 0.18, 1.2), (0, 0.18, 0.9), (0, 0.18, 0.6)])
    return bones


def with_skirt(bones: Bones) -> Bones:
    for i, angle in enumerate(np.radians([10, 50, 90, 130, 170])):
        x, y = 0.17 * np.sin(angle), -0.17 * np.cos(angle)
        points = [(x, y, 0.92), (1.5 * x, 1.5 * y, 0.6), (1.8 * x, 1.8 * y, 0.3), (2 * x, 2 * y, 0.1)]
        chain(bones, f"skirt{i}_", "hips", points, sides=True)
    return bones


def with_tail(bones: Bones) -> Bones:
    chain(bones, "tail", "hips", [(0, 0.1, 0.95), (0, 0.3, 0.8), (0, 0.45, 0.5), (0, 0.6, 0.2), (0, 0.8, 0.05)])
    return bones


def with_wings(bones: Bones) -> Bones:
    points = [(0.05, 0.12, 1.35), (0.4, 0.3, 1.6), (0.9, 0.4, 1.7), (1.3, 0.45, 1.5)]
    chain(bones, "wing", "chest", points, sides=True)
    return bones


def with_cape(bones: Bones) -> Bones:
    points = [(0.12, 0.12, 1.4), (0.16, 0.2, 1.0), (0.2, 0.25, 0.6), (0.22, 0.3, 0.1)]
    chain(bones, "cape", "chest", points, sides=True)
    return bones


def with_robot_arm(bones: Bones) -> Bones:
    points = [(0.1, 0.2, 1.4), (0.5, 0.4, 1.9), (1.2, 0.5, 1.5), (1.4, 0.5, 1.3)]
    chain(bones, "robot", "chest", points)
    return bones


def with_ears(bones: Bones) -> Bones:
    chain(bones, "ear", "head", [(0.06, 0, 1.75), (0.1, 0, 1.95), (0.12, 0, 2.15), (0.12, 0, 2.3)], sides=True)
    return bones


def with_face(bones: Bones) -> Bones:
    for i in range(6):
        both(
            bones,
            f"face{i}",
            "head",
            (0.01 + 0.01 * i, -0.09, 1.6 + 0.015 * i),
            (0.02 + 0.01 * i, -0.1, 1.61 + 0.015 * i),
        )
    bones["jaw"] = ("head", (0, -0.03, 1.6), (0, -0.1, 1.56))
    return bones


def with_more_spine(bones: Bones) -> Bones:
    places = np.linspace(1.05, 1.45, 6)
    above = "hips"
    for i in range(5):
        bones[f"spine_more{i}"] = (above, (0, 0, places[i]), (0, 0, places[i + 1]))
        above = f"spine_more{i}"
    del bones["spine"], bones["chest"]
    for name, (parent, head, tail) in bones.items():
        bones[name] = (above if parent == "chest" else parent, head, tail)
    return parents_first(bones)


def with_hip_bones(bones: Bones) -> Bones:
    """A bone from the middle to each hip joint."""
    both(bones, "hip_helper", "hips", (0.0, 0, 0.94), (0.1, 0, 0.92))
    for side in ("left", "right"):
        bones[f"{side}_thigh"] = (f"{side}_hip_helper", *bones[f"{side}_thigh"][1:])
    return parents_first(bones)


def with_pelvis_below(bones: Bones) -> Bones:
    """Legs on a bone of their own below the hips, as Genesis and Character Creator have it."""
    bones["pelvis"] = ("hips", (0, 0, 0.97), (0, 0, 0.9))
    for side in ("left", "right"):
        bones[f"{side}_thigh"] = ("pelvis", *bones[f"{side}_thigh"][1:])
    return parents_first(bones)


def with_chibi_proportions(bones: Bones) -> Bones:
    """Half as long legs, a head as large as the trunk."""

    def place(point: tuple) -> tuple:
        x, y, z = (float(v) for v in point)
        low = 0.45 * min(z, 0.92)
        return (1.3 * x, y, low + max(0.0, z - 0.92))

    result = {name: (parent, place(head), place(tail)) for name, (parent, head, tail) in bones.items()}
    parent, head, _ = result["head"]
    result["head"] = (parent, head, (0, 0, head[2] + 0.6))
    return result


def with_five_toes(bones: Bones) -> Bones:
    for side in ("left", "right"):
        del bones[f"{side}_toe"]
    for i in range(5):
        x = 0.07 + 0.015 * i
        points = [(x, -0.13, 0.02), (x, -0.16, 0.02), (x, -0.18, 0.01)]
        chain(bones, "toe" if i == 0 else f"small_toe{i}_", "left_foot", points, sides=True)
    for side in ("left", "right"):
        bones = {name.replace(f"{side}_toe0", f"{side}_toe"): bone for name, bone in bones.items()}
        _, *places = bones[f"{side}_toe1"]
        bones[f"{side}_toe1"] = (f"{side}_toe", *places)
    return bones


def with_root(bones: Bones) -> Bones:
    bones = {"root": (None, (0, 0, 0), (0, 0.2, 0)), **bones}
    bones["hips"] = ("root", *bones["hips"][1:])
    return bones


def with_controls(bones: Bones) -> Bones:
    """Handles that move no skin: IK targets, poles, a ground control."""
    both(bones, "ctrl_foot", "hips", (0.1, 0.05, 0.0), (0.1, -0.2, 0.0))
    for side in ("left", "right"):
        bones[f"{side}_ctrl_foot"] = (None, *bones[f"{side}_ctrl_foot"][1:])
    for name, place in (
        ("ctrl_knee", (0.1, -0.6, 0.5)),
        ("ctrl_hand", (0.72, 0, 1.4)),
        ("ctrl_elbow", (0.46, 0.6, 1.4)),
    ):
        x, y, z = place
        bones[f"left_{name}"] = (None, place, (x, y, z + 0.1))
        bones[f"right_{name}"] = (None, (-x, y, z), (-x, y, z + 0.1))
    return bones


def turned(bones: Bones, part: str, axis: tuple, degrees: float) -> Bones:
    """Return the bones with a part, and all that hangs on it, turned about its joint."""
    pivot = np.array(bones[part][1], float)
    turn = about(np.array(axis, float), np.array(np.radians(degrees)))
    result = {}
    for name, (parent, head, tail) in bones.items():
        above = name
        while above is not None and above != part:
            above = bones[above][0]
        if above is not None:
            head, tail = (tuple(pivot + rotate(turn, np.array(p, float) - pivot)) for p in (head, tail))
        result[name] = (parent, head, tail)
    return result


def lowered(bones: Bones, degrees: float) -> Bones:
    """Return the bones with the arms, and all that hangs on them, turned down from the T-pose."""
    result = {}
    for name, (parent, head, tail) in bones.items():
        arm = name
        while arm is not None and not arm.endswith("_upper_arm"):
            arm = bones[arm][0]
        if arm is not None:
            pivot = np.array(bones[arm][1], float)
            turn = about(np.array([0.0, 1.0, 0.0]), np.array(np.radians(degrees) * np.sign(pivot[0])))
            head, tail = (tuple(pivot + rotate(turn, np.array(p, float) - pivot)) for p in (head, tail))
        result[name] = (parent, head, tail)
    return result


def parents_first(bones: Bones) -> Bones:
    """Return the bones in an order in which parents come before their children."""
    result: Bones = {}
    while len(result) < len(bones):
        ready = {n: b for n, b in bones.items() if n not in result and (b[0] is None or b[0] in result)}
        assert ready, f"no parent: {set(bones) - set(result)}"
        result |= ready
    return result


FEATURES: tuple[Callable[[Bones], Bones], ...] = (
    with_fingers,
    with_twists_in_chain,
    with_twists_beside,
    with_loose_feet,
    with_many_roots,
    with_hair,
    with_skirt,
    with_tail,
    with_wings,
    with_cape,
    with_robot_arm,
    with_ears,
    with_face,
    with_more_spine,
    with_hip_bones,
    with_pelvis_below,
    with_chibi_proportions,
    with_five_toes,
    with_root,
    with_controls,
)


def made(
    bones: Bones, *, skin: bool = True, shuffle: int | None = 0, arm_degrees: float = 0.0, **options
) -> tuple[RigRest, dict[str, str]]:
    """Return a rig of the bones in a random order of names that say nothing, and true name -> shown name."""
    bones = lowered(parents_first(bones), arm_degrees)
    rng = np.random.default_rng(shuffle)
    numbers = rng.permutation(len(bones))
    shown = {bone: bone if shuffle is None else f"Node_{i}" for bone, i in zip(bones, numbers, strict=True)}
    rest = make_rig(bones, names=shown, **options)
    if skin:
        add_skin(rest, [not name.split("_", 1)[-1].startswith("ctrl") and name != "root" for name in bones])
    return rest, shown


def add_skin(rest: RigRest, moves: list[bool]) -> None:
    """Give the bones a skin that lies around them, heavier where bones are longer."""
    heads, tails = rest.heads(), rest.tails()
    weight = np.where(moves, np.linalg.norm(tails - heads, axis=-1), 0.0)
    rest.skin = weight / weight.sum()
    rest.skin_centres = np.where(np.array(moves)[:, None], (heads + tails) / 2, np.nan)


def truth(bones: Bones, shown: dict[str, str]) -> dict[str, str]:
    """Return canonical part -> shown name of its first bone; the spine is left out."""
    return {part: shown[part] for part in PARTS if part in bones and part != "spine"}


def named_body(naming: Naming, *, arm_degrees: float = 0.0) -> tuple[RigRest, dict[str, tuple[str, ...]]]:
    """Return a rig with the names of a system, and its true map with fingers and twist bones."""
    bones = without(body(), "spine", "chest")
    places = np.linspace(1.05, 1.45, len(naming.spine) + 1)
    above = "hips"
    for i in range(len(naming.spine)):
        bones[f"spine{i}"] = (above, (0, 0, places[i]), (0, 0, places[i + 1]))
        above = f"spine{i}"
    for name in ("neck", "left_clavicle", "right_clavicle"):
        bones[name] = (above, *bones[name][1:])
    shown = {f"spine{i}": name for i, name in enumerate(naming.spine)}
    above_hips = None
    for i, name in enumerate(naming.above_hips):
        bones[f"above{i}"] = (above_hips, (0, 0, 0), (0, 0.1, 0))
        shown[f"above{i}"], above_hips = name, f"above{i}"
    bones["hips"] = (above_hips, *bones["hips"][1:])
    if naming.fingers:
        with_fingers(bones)
    for part, names in naming.twists.items():
        _, head, tail = bones[f"left_{part}"]
        start, end = np.array(head, float), np.array(tail, float)
        for i in range(len(names)):
            place = start + (i + 0.5) / (len(names) + 0.5) * (end - start)
            both(bones, f"{part}_twist{i}", f"left_{part}", tuple(place), tuple(place + 0.15 * (end - start)))
    true: dict[str, tuple[str, ...]] = {"spine": naming.spine}
    for part, name in naming.parts.items():
        if part in ("hips", "neck", "head"):
            shown[part] = name
            true[part] = (name,)
    for side in ("left", "right"):
        for part, name in naming.parts.items():
            if part not in ("hips", "neck", "head"):
                shown[f"{side}_{part}"] = fill(name, side)
                true[f"{side}_{part}"] = (shown[f"{side}_{part}"],)
        for kind, groups in (("", naming.fingers), ("twist", naming.twists)):
            for part, names in groups.items():
                filled = tuple(fill(name, side) for name in names)
                shown |= {f"{side}_{part}_{kind}{i}": name for i, name in enumerate(filled)}
                true[f"{side}_{part}{'_twist' if kind else ''}"] = filled
    rest = make_rig(lowered(parents_first(bones), arm_degrees), names=shown)
    add_skin(rest, [not name.startswith("above") for name in parents_first(bones)])
    return rest, true
