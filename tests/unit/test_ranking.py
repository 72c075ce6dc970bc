"""The likeliest bones for a part, best first: by names in any language, by all else where names say nothing."""

import numpy as np
import pytest
from made_bodies import FEATURES, body, made, parents_first, truth, turned, with_fingers
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.maps.parts import ALL_PARTS, PARTS
from posewright.rigging.maps.ranking import MOST, Ranking
from posewright.rigging.maps.resemblance import plain, resemblances
from posewright.rigging.rig import RigMap
from synthetic_rigs import make_rig

IN_ORDER = ("hips", "spine", "neck", "head", "clavicle", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")
LANGUAGES = {
    "German": "Becken Wirbelsäule Hals Kopf Schulter Oberarm Unterarm Handgelenk Oberschenkel Unterschenkel Fuß Zehen",
    "French": "bassin colonne cou tête épaule bras avant-bras poignet cuisse genou pied orteils",
    "Spanish": "cadera columna cuello cabeza hombro brazo antebrazo mano muslo pantorrilla pie puntera",
    "Italian": "bacino colonna collo testa spalla braccio avambraccio mano coscia polpaccio piede toe",
    "Portuguese": "quadril coluna pescoço cabeça ombro braço antebraço mão coxa joelho pé toes",
    "Polish": "miednica kręgosłup szyja głowa obojczyk ramię przedramię dłoń udo podudzie stopa palce",
    "Russian": "таз позвоночник шея голова ключица плечо предплечье кисть бедро голень стопа носок",
    "Japanese": "骨盤 背骨 首 頭 鎖骨 上腕 前腕 手首 太もも すね 足首 つま先",
    "Chinese": "骨盆 脊柱 脖子 头 锁骨 上臂 前臂 手掌 大腿 小腿 脚踝 脚趾",
    "Korean": "골반 척추 목 머리 쇄골 상완 전완 손목 허벅지 종아리 발목 발가락",
    "misspelt": "hipps spinne neckk heaad clavicel uperarm forarm hannd thigth shinn foott toees",
    "abbreviated": "hps spn nck hed clv uparm frarm hnd thgh shn fot toe",
}
SIDES = {"German": ("Linker", "Rechter"), "French": ("gauche", "droite"), "Japanese": ("左", "右")}


def named_rig(words: dict[str, str], sides: tuple[str, str] = ("L_", "R_")):
    """Return a rig with those words as the names of its parts, and part -> bone."""
    shown = {}
    for bone in body():
        side, core = bone.split("_", 1) if "_" in bone else ("", bone)
        word = words.get(core, core)
        shown[bone] = f"{sides[side == 'right']}{word}" if side else word
    shown["chest"] = "x"
    return make_rig(names=shown), shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_in_many_languages(language: str) -> None:
    rest, shown = named_rig(
        dict(zip(IN_ORDER, LANGUAGES[language].split(), strict=True)), SIDES.get(language, ("L_", "R_"))
    )
    likeness = resemblances(rest)
    right = [rest.bones[int(likeness[part].argmax())] == shown[part] for part in PARTS]
    assert sum(right) >= 19, [part for part, is_right in zip(PARTS, right, strict=True) if not is_right]


def test_a_finger_of_a_hand_is_no_hand() -> None:
    rest = make_rig(names={"left_hand": "mano_L", "left_forearm": "manoThumb_L", "left_toe": "Hand_R"})
    worth = resemblances(rest)["left_hand"]
    assert worth[rest.index("mano_L")] > 0.9
    assert worth[rest.index("manoThumb_L")] < 0.2
    assert worth[rest.index("Hand_R")] < 0, "the other side's name speaks against it"
    assert worth[rest.index("spine")] <= 0


def test_words_are_compared_without_accents_and_signs() -> None:
    assert plain("Wirbel-Säule_01") == "wirbelsaule01"
    assert plain("Fuß") == plain("FUSS")


@pytest.mark.parametrize("skin", [True, False], ids=["skin", "no skin"])
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.__name__)
def test_bones_without_names(feature, skin: bool) -> None:
    """The true bone is among the first three, whatever else hangs on the body, and mostly the first."""
    bones = feature(body())
    rest, shown = made(bones, skin=skin, arm_degrees=40)
    ranking, true = Ranking(rest, map_rig(rest)), truth(bones, shown)
    places = {part: [found.bone for found in ranking.of(part)].index(bone) for part, bone in true.items()}
    assert max(places.values()) < 3, places
    assert list(places.values()).count(0) >= 0.9 * len(places)


@pytest.mark.parametrize("part", ["left_forearm", "left_shin", "right_hand", "head", "left_upper_arm"])
def test_what_the_map_says_of_the_part_itself_does_not_count(part: str) -> None:
    rest, shown = made(with_fingers(body()))
    found = map_rig(rest, None, {part: [shown["left_toe"]], "left_toe": []})
    assert Ranking(rest, found, [part]).of(part)[0].bone == shown[part]


def test_one_pick_after_the_other_leads_to_a_whole_arm() -> None:
    """A body with one arm, whose shape says nothing to the automatic search."""
    arm = ("clavicle", "upper_arm", "forearm", "hand")
    bones = {name: bone for name, bone in with_fingers(body()).items() if name.removeprefix("right_") not in arm}
    bones = {name: bone for name, bone in bones.items() if bone[0] is None or not _is_right_finger(name)}
    rest, shown = made(parents_first(bones), arm_degrees=40)
    stated: dict[str, list[str]] = {}
    assert "left_forearm" not in map_rig(rest, complete=False).bones
    for core in ("upper_arm", "forearm", "hand"):
        part = f"left_{core}"
        found = [s.bone for s in Ranking(rest, map_rig(rest, None, stated, complete=False), stated).of(part)]
        assert shown[part] in found[:3], part
        stated[part] = [shown[part]]


def _is_right_finger(name: str) -> bool:
    return name.startswith("right_") and name[-1].isdigit()


def test_a_bone_in_use_comes_later() -> None:
    rest, shown = made(body())
    found = map_rig(rest)
    alone = RigMap({part: bones for part, bones in found.bones.items() if part != "left_shin"})
    free = [s.bone for s in Ranking(rest, alone).of("left_foot", most=len(rest.bones))]
    used = [s.bone for s in Ranking(rest, found).of("left_foot", most=len(rest.bones))]
    assert used.index(shown["left_shin"]) > free.index(shown["left_shin"])


def test_reasons_are_told_the_strongest_first() -> None:
    rest, _ = made(body(), shuffle=None)
    best, second = Ranking(rest, map_rig(rest)).of("left_hand", most=2)
    assert best.bone == "left_hand" and best.worth > second.worth
    assert best.reasons[0] == "its name" and "the other side" in best.reasons


def test_every_part_is_ranked_also_without_any_map() -> None:
    rest, _ = made(with_fingers(body()))
    ranking = Ranking(rest, RigMap({}))
    for part in ALL_PARTS:
        found = ranking.of(part)
        assert len(found) == MOST and len({s.bone for s in found}) == MOST
        assert [s.worth for s in found] == sorted((s.worth for s in found), reverse=True)


def test_arms_in_unlike_poses() -> None:
    bones = turned(turned(with_fingers(body()), "left_upper_arm", (0, 1, 0), 60), "right_forearm", (0, 0, 1), 70)
    rest, shown = made(bones)
    ranking, true = Ranking(rest, map_rig(rest, complete=False)), truth(bones, shown)
    hits = [bone in [s.bone for s in ranking.of(part)[:3]] for part, bone in true.items()]
    assert np.mean(hits) >= 0.95


def test_a_map_that_knows_one_leg_alone_is_judged() -> None:
    """Halfway through the editor, when nothing else is known yet."""
    rest, shown = made(body())
    stated = {part: [] for part in PARTS} | {
        "left_thigh": [shown["left_thigh"]],
        "left_upper_arm": [shown["left_upper_arm"]],
    }
    found = map_rig(rest, None, stated, complete=False)
    assert set(found.bones) >= {"left_thigh", "left_upper_arm"}
