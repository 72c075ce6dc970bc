"""Maps of bones whose names say nothing: rest poses, missing parts, decoys, fingers, and how sure the map is."""

import numpy as np
import pytest
from made_bodies import (
    FEATURES,
    add_skin,
    body,
    chain,
    made,
    parents_first,
    truth,
    turned,
    with_chibi_proportions,
    with_fingers,
    with_five_toes,
    with_hair,
    with_loose_feet,
    with_many_roots,
    with_robot_arm,
    with_skirt,
    with_twists_beside,
    with_wings,
    without,
)
from posewright.errors import PosewrightError
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.parts import FINGERS, PARTS
from posewright.rigging.rig import RigMap
from posewright.rigging.rotations import about
from synthetic_rigs import make_rig

UP = np.array([0.0, 0.0, 1.0])
CUTS = (
    ("clavicle",),
    ("neck",),
    ("toe",),
    ("forearm",),
    ("shin",),
    ("foot", "toe"),
    ("hand",),
    ("spine",),
    ("clavicle", "neck", "toe"),
    ("neck", "forearm", "shin"),
)


def check(rig_map: RigMap, bones: dict, shown: dict[str, str]) -> None:
    """The first bones of all parts are the true ones, and nothing is found that is not there."""
    first = {part: names[0] for part, names in rig_map.bones.items() if part in PARTS and part != "spine"}
    assert first == truth(bones, shown)


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
@pytest.mark.parametrize("arm_degrees", [0, 45, 80])
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.__name__)
def test_bodies_of_all_kinds(feature, arm_degrees: float, skin: bool) -> None:
    bones = feature(body())
    rest, shown = made(bones, skin=skin, arm_degrees=arm_degrees)
    check(map_rig(rest), bones, shown)


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
@pytest.mark.parametrize("arm_degrees", [0, 45, 80])
@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: "no " + ", ".join(cut))
def test_missing_parts(cut: tuple[str, ...], arm_degrees: float, skin: bool) -> None:
    bones = without(body(), *cut)
    rest, shown = made(bones, skin=skin, arm_degrees=arm_degrees)
    check(map_rig(rest), bones, shown)


@pytest.mark.parametrize("degrees", [0.0, 33.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_any_way_round_and_any_size(degrees: float, scale: float) -> None:
    bones = with_fingers(body())
    turn = about(UP, np.array(np.radians(degrees)))
    rest, shown = made(bones, arm_degrees=40, turn=turn, scale=scale, seed=3)
    check(map_rig(rest), bones, shown)


@pytest.mark.parametrize("turn", [90.0, -90.0])
def test_a_body_that_lies(turn: float) -> None:
    """On its back or on its face, as files with another up axis come in."""
    bones = with_fingers(body())
    rest, shown = made(bones, arm_degrees=40)
    lying = about(np.array([1.0, 0.0, 0.0]), np.array(np.radians(turn)))
    rest, shown = made(bones, arm_degrees=40, turn=lying)
    rest.world = np.eye(4)  # what the turn would have undone
    rest.skin = rest.skin_centres = None
    check(map_rig(rest), bones, shown)


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
@pytest.mark.parametrize("stride", [0, 15, 30])
@pytest.mark.parametrize(("left", "right"), [(0, 20), (0, 40), (20, 70), (0, 80), (-40, 60)])
def test_rest_poses_whose_sides_differ(left: float, right: float, stride: float, skin: bool) -> None:
    """A frame of a motion as the rest pose: arms and legs of one build in unlike poses."""
    bones = turned(with_fingers(body()), "left_upper_arm", (0, 1, 0), left)
    bones = turned(turned(bones, "right_upper_arm", (0, 1, 0), -right), "left_forearm", (0, 0, 1), -30)
    bones = turned(turned(bones, "left_thigh", (1, 0, 0), -stride), "right_thigh", (1, 0, 0), stride)
    rest, shown = made(bones, skin=skin)
    check(map_rig(rest), bones, shown)


@pytest.mark.parametrize("palms", [True, False], ids=["palms", "no palms"])
@pytest.mark.parametrize("arm_degrees", [0, 45, 80])
def test_fingers_by_their_places(arm_degrees: float, palms: bool) -> None:
    bones = with_fingers(body(), palms=palms)
    rest, shown = made(bones, arm_degrees=arm_degrees)
    rig_map = map_rig(rest)
    for side in ("left", "right"):
        for finger in FINGERS:
            assert rig_map.bones[f"{side}_{finger}"] == tuple(shown[f"{side}_{finger}_{i}"] for i in range(3))


def test_twist_bones_beside_the_limbs() -> None:
    bones = with_twists_beside(body())
    rest, shown = made(bones, arm_degrees=45)
    rig_map = map_rig(rest)
    for part in ("upper_arm", "forearm", "thigh", "shin"):
        assert rig_map.bones[f"right_{part}_twist"] == tuple(shown[f"right_{part}_helper{i}"] for i in (0, 1))


def test_all_decoys_at_once() -> None:
    bones = with_wings(with_robot_arm(with_skirt(with_hair(with_fingers(body())))))
    rest, shown = made(bones, arm_degrees=40)
    check(map_rig(rest), bones, shown)


def test_names_that_lie_are_not_believed() -> None:
    """Mixamo's names, dealt out to the wrong bones."""
    bones = parents_first(with_fingers(body()))
    order = list(bones)
    named = [name for name in order if name in PARTS]
    rng = np.random.default_rng(2)
    shown = dict(zip(order, order, strict=True)) | dict(zip(named, rng.permutation(named).tolist(), strict=True))
    rest = make_rig(bones, names=shown)
    add_skin(rest, [True] * len(order))
    rig_map = map_rig(rest)
    assert rig_map.source == "shape"
    check(rig_map, bones, shown)
    assert any("do not fit its shape" in note for note in rig_map.notes)


def test_a_sound_rig_is_sure_and_an_odd_one_is_not() -> None:
    rest, shown = made(with_fingers(body()), shuffle=None)
    sound = map_rig(rest)
    assert min(sound.confidence[part] for part in PARTS) >= 0.9
    hidden, _ = made(with_fingers(body()))
    assert 0.6 <= min(map_rig(hidden).confidence[part] for part in PARTS) < 0.9
    moved = rest.index(shown["left_hand"])
    rest.rest[moved, :3, 3] += [0.0, 0.5, 0.4]  # far from where the other hand is
    odd = map_rig(rest)
    assert odd.confidence["left_hand"] < sound.confidence["left_hand"] - 0.1
    assert odd.confidence["left_thigh"] >= 0.9


def test_a_named_bone_that_moves_no_skin_is_doubtful() -> None:
    rest, shown = made(body(), shuffle=None)
    assert rest.skin is not None and rest.skin_centres is not None
    for part in ("left_hand", "left_forearm"):
        rest.skin[rest.index(shown[part])] = 0.0
        rest.skin_centres[rest.index(shown[part])] = np.nan
    rig_map = map_rig(rest)
    assert rig_map.bones["left_hand"] == ("left_hand",)
    assert rig_map.confidence["left_hand"] < rig_map.confidence["right_hand"] - 0.2


def test_loose_feet_hang_on_their_shins() -> None:
    bones = with_loose_feet(body())
    rest, shown = made(bones)
    assert map_rig(rest).bones["left_foot"] == (shown["left_foot"],)


def random_body(rng: np.random.Generator) -> tuple[dict, dict]:
    """Return a body of one to four features, perhaps without some parts, and how to make a rig of it."""
    bones = body()
    last = [with_chibi_proportions]
    chosen = rng.choice(len(FEATURES), rng.integers(1, 5), replace=False)
    features = sorted((FEATURES[i] for i in chosen), key=lambda f: (f in last, FEATURES.index(f)))
    for feature in features:
        bones = feature(bones)
    cuts: list[tuple[str, ...]] = [(), (), (), ("neck",)]
    cuts += [("clavicle",)] if with_many_roots not in features else []
    cuts += [("toe",)] if with_five_toes not in features else []
    cut = cuts[rng.integers(len(cuts))]
    options = {
        "skin": bool(rng.random() < 0.7),
        "arm_degrees": float(rng.choice([0, 30, 50, 80])),
        "turn": about(UP, np.array(np.radians(rng.choice([0, 90, 180, 270])))),
        "scale": float(rng.choice([0.01, 1.0])),
        "seed": int(rng.integers(1000)),
    }
    return without(bones, *cut) if cut else bones, options


def test_random_bodies() -> None:
    """Combinations that nobody looked at one by one: nearly all are fully right."""
    rng = np.random.default_rng(7)
    right = 0
    for _ in range(80):
        bones, options = random_body(rng)
        rest, shown = made(bones, **options)
        try:
            check(map_rig(rest), bones, shown)
            right += 1
        except (AssertionError, PosewrightError):
            continue
    assert right >= 76


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
def test_bones_of_the_midfoot_are_no_toes(skin: bool) -> None:
    bones = body()
    for side, x in (("left", 0.1), ("right", -0.1)):
        bones[f"{side}_midfoot"] = (f"{side}_foot", (x, -0.04, 0.05), (x, -0.13, 0.02))
        bones[f"{side}_toe"] = (f"{side}_midfoot", *bones[f"{side}_toe"][1:])
    bones = parents_first(bones)
    rest, shown = made(bones, skin=skin, arm_degrees=45)
    rig_map = map_rig(rest)
    assert rig_map.first("left_toe") == shown["left_toe"] and rig_map.first("right_toe") == shown["right_toe"]


def test_helpers_around_an_elbow_are_no_palms() -> None:
    bones = with_fingers(body())
    for side, s in (("left", 1), ("right", -1)):
        at = np.array([0.46 * s, 0.0, 1.4])
        bones[f"{side}_elbow_root"] = (f"{side}_forearm", tuple(at), tuple(at + np.array([0, 0, 0.03])))
        for i, way in enumerate(((0, 0.05, 0), (0, -0.05, 0), (0, 0, 0.05), (0, 0, -0.05))):
            bones[f"{side}_elbow_{i}"] = (f"{side}_elbow_root", tuple(at + way), tuple(at + 1.3 * np.array(way)))
    bones = parents_first(bones)
    rest, shown = made(bones, arm_degrees=45)
    check(map_rig(rest), {b: v for b, v in bones.items() if "elbow" not in b}, shown)


def test_many_legs_are_doubtful_arms() -> None:
    """Eight legs in pairs, all on the floor: what is taken for arms is said to end like legs."""
    bones = {"body": (None, (0, 0, 0.4), (0, -0.3, 0.42)), "head": ("body", (0, -0.3, 0.42), (0, -0.45, 0.42))}
    for i in range(4):
        out, along = np.linspace([0.15, -0.25], [0.15, 0.25], 4)[i], np.array([1.0, -0.6 + 0.4 * i])
        places = [(*(out + share * along), z) for share, z in ((0, 0.4), (0.35, 0.7), (0.7, 0.3), (0.95, 0.02))]
        chain(bones, f"leg{i}_", "body", places, sides=True)
    rest, _ = made(parents_first(bones))
    rig_map = map_rig(rest)
    assert rig_map.confidence["left_upper_arm"] < 0.5
    assert any("ends on the floor, as a leg does" in note for note in rig_map.notes)


def test_wings_by_name_are_doubtful_arms() -> None:
    names = {"upper_arm": "wing_01", "forearm": "wing_02", "hand": "feather"}
    shown = {f"{side}_{part}": f"{name}_{side[0]}" for part, name in names.items() for side in ("left", "right")}
    rest = make_rig(body(), names=shown)
    rig_map = map_rig(rest)
    assert rig_map.first("left_upper_arm") == "wing_01_l" and rig_map.confidence["left_upper_arm"] < 0.5
    assert rig_map.confidence["left_thigh"] > 0.75
