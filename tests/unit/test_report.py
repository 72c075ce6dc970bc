"""The report: measured figures, moments that deserve a look, plots that show the data, and a page for any browser."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from posewright.cli.main import main
from posewright.core.bvh import write_bvh
from posewright.core.report import charts, plots, sticks
from posewright.core.report.drawing import Drawing, Panel, thinned
from posewright.core.report.events import find_events, knee_bend
from posewright.core.report.facts import key_facts, origins
from posewright.core.report.motion import PARTS, Motion
from posewright.core.report.page import figures, report_page
from posewright.core.report.sight import name_parts
from posewright.core.skeleton import JOINTS
from posewright.core.take import Take
from posewright.errors import PosewrightError

RATE, FRAMES = 30.0, 120
SIZE = (640, 480)
HALF = {
    "hip": (0.10, 0.0, 0.90),
    "knee": (0.10, -0.03, 0.49),
    "ankle": (0.10, 0.02, 0.08),
    "heel": (0.10, 0.06, 0.043),
    "foot_index": (0.10, -0.12, 0.031),
    "shoulder": (0.18, 0.02, 1.40),
    "elbow": (0.24, 0.03, 1.13),
    "wrist": (0.26, -0.05, 0.90),
}
MIDDLE = {
    "pelvis": (0.0, 0.0, 0.90),
    "spine": (0.0, 0.02, 1.15),
    "thorax": (0.0, 0.03, 1.43),
    "neck": (0.0, 0.0, 1.52),
    "nose": (0.0, -0.10, 1.60),
    "head": (0.0, 0.0, 1.70),
}


def standing() -> np.ndarray:
    """Return the joints (22,3) of a person who faces -y, left at +x."""
    places = dict(MIDDLE)
    for part, (x, y, z) in HALF.items():
        places[f"left_{part}"], places[f"right_{part}"] = (x, y, z), (-x, y, z)
    return np.array([places[name] for name in JOINTS])


def clean_take() -> Take:
    """A person who stands, sways a little, and swings both forearms, seen whole and filmed well."""
    time = np.arange(FRAMES) / RATE
    joints = np.repeat(standing()[None], FRAMES, axis=0)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        angle = 0.6 * sign * np.sin(4 * time)
        elbow, wrist = JOINTS.index(f"{side}_elbow"), JOINTS.index(f"{side}_wrist")
        bone = joints[:, wrist] - joints[:, elbow]
        turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], -1).reshape(-1, 2, 2)
        joints[:, wrist, 1:] = joints[:, elbow, 1:] + np.einsum("fij,fj->fi", turn, bone[:, 1:])
    rng = np.random.default_rng(3)
    points = 320 + 100 * joints[:, :, [0, 2]] * [1, -1] + [0, 20]
    return Take(
        joints=joints.astype(np.float32),
        joint_names=JOINTS,
        fps=RATE,
        confidence=np.full((FRAMES, 22), 0.9, np.float32),
        contacts=np.ones((FRAMES, 4), np.float32),
        joints_raw=(joints + 0.01 * rng.normal(size=joints.shape)).astype(np.float32),
        keypoints=points.astype(np.float32),
        keypoint_names=JOINTS,
        image_size=SIZE,
        focal_px=600.0,
        world_from_camera=np.diag([1.0, 1.0, 1.0, 1.0]),
        provenance={
            "source": {"name": "clip <1>.mp4"},
            "weights": [{"used_for": "lifting", "name": "made", "licence": "MIT", "terms": "Free & open."}],
            "settings": {"height": 1.7, "smooth": 0.5, "filter": "adaptive", "quality": "best"},
            "warnings": ["Something < is said."],
        },
    )


def column(name: str) -> int:
    return JOINTS.index(name)


def jump(take: Take) -> None:
    time = (np.arange(30) + 0.5) / 30
    take.joints[40:70, :, 2] += (1.6 * time * (1 - time))[:, None]
    assert take.contacts is not None
    take.contacts[40:70] = 0.0


def float_away(take: Take) -> None:
    take.joints[20:80, :, 2] += 0.3
    assert take.contacts is not None
    take.contacts[20:80] = 0.0


def stand_high(take: Take) -> None:
    for name in ("left_heel", "left_foot_index"):
        take.joints[20:80, column(name), 2] += 0.2


def sink(take: Take) -> None:
    take.joints[30:60, :, 2] -= 0.12


def slide(take: Take) -> None:
    take.joints[:, :, 1] += np.linspace(0, 0.2, FRAMES)[:, None]


def carry_hips_off(take: Take) -> None:
    upper = [i for i, name in enumerate(JOINTS) if not name.endswith(("knee", "ankle", "heel", "foot_index"))]
    way = 0.4 * np.clip((np.arange(FRAMES) - 60) / 6, 0, 1)
    take.joints[:, upper, 1] += way[:, None]


def bend_knee_back(take: Take) -> None:
    take.joints[30:50, column("right_knee"), 1] += 0.16


def leap(take: Take) -> None:
    take.joints[60:, :, 0] += 0.8
    assert take.contacts is not None
    take.contacts[58:62] = 0.0


def leap_of_wrist(take: Take) -> None:
    take.joints[60:63, column("left_wrist"), 0] += 0.7


def swap_sides(take: Take) -> None:
    for part in HALF:
        pair = [column(f"left_{part}"), column(f"right_{part}")]
        take.joints[60:, pair] = take.joints[60:, pair[::-1]]


def stretch(take: Take) -> None:
    take.joints[30:60, column("left_wrist"), 2] -= 0.1


def hide(take: Take) -> None:
    assert take.confidence is not None
    take.confidence[30:60, [column(name) for name in PARTS["left arm"]]] = 0.1


def leave_picture(take: Take) -> None:
    assert take.keypoints is not None
    take.keypoints[30:60, [column("right_heel"), column("right_foot_index")], 1] = 500


def lose(take: Take) -> None:
    take.joints[30:60, column("head")] = np.nan


DEFECTS: dict[str, tuple[Callable[[Take], None], str, float, float]] = {
    "air": (jump, "jump: both feet up to 40 cm off the floor", 1.3, 2.3),
    "floating": (float_away, "both feet up to 30 cm off the floor, longer than a jump lasts", 0.67, 2.63),
    "floating ": (stand_high, "left foot stands 20 cm over the floor: a step, or floating", 0.67, 2.63),
    "sinking": (sink, "left foot sinks 12 cm into the floor", 1.0, 1.97),
    "sliding": (slide, "right foot slides 20 cm while it stands", 0.0, 3.97),
    "hips": (carry_hips_off, "the hips go sideways or in depth with 2.0 m/s while both feet stand", 2.0, 2.17),
    "knee": (bend_knee_back, "right knee bends backwards by", 1.0, 1.63),
    "leap": (leap, "the whole body leaps by 0.8 m", 1.97, 2.0),
    "joint": (leap_of_wrist, "left arm leaps by 0.7", 1.97, 2.1),
    "turn": (swap_sides, "the body turns by 180 degrees at once: left and right may be confused", 1.97, 2.0),
    "stretched": (stretch, "left forearm", 1.0, 1.97),
    "unseen": (hide, "left arm hardly seen", 1.0, 1.97),
    "outside": (leave_picture, "right foot outside the picture", 1.0, 1.97),
    "gap": (lose, "head is missing", 1.0, 1.97),
}


def test_nothing_stands_out_in_a_clean_take() -> None:
    assert find_events(Motion(clean_take())) == []


@pytest.mark.parametrize("kind", list(DEFECTS))
def test_defects_are_found_where_they_are(kind: str) -> None:
    spoil, sentence, start, end = DEFECTS[kind]
    take = clean_take()
    spoil(take)
    found = [event for event in find_events(Motion(take)) if event.kind == kind.strip()]
    match = [event for event in found if sentence in event.sentence]
    assert len(match) == 1, found
    assert match[0].start == pytest.approx(start, abs=0.11)
    assert match[0].end == pytest.approx(end, abs=0.11)
    assert match[0].is_warning == (kind != "air")
    assert re.match(r"\d+\.\d( to \d+\.\d)? s: ", match[0].line)


def test_real_walk_is_no_defect(shared: Path) -> None:
    """The true motion of a rendered walk: nothing leaps, turns, bends backwards or changes its length."""
    with np.load(shared / "clips" / "synthetic" / "truth" / "s1_walk_side_full.npz") as stored:
        names = [str(name).replace("toe_base", "foot_index") for name in stored["joint_names"]]
        keep = [i for i, name in enumerate(names) if name in JOINTS]
        joints = stored["joints3d"][:, keep].astype(np.float32)
    take = Take(joints=joints, joint_names=tuple(names[i] for i in keep), fps=30.0)
    kinds = {event.kind for event in find_events(Motion(take))}
    assert not kinds & {"leap", "joint", "turn", "knee", "stretched", "gap"}, kinds


def test_moments_that_were_not_seen_say_so() -> None:
    take = clean_take()
    jump(take)
    assert take.confidence is not None
    take.confidence[35:75, [column(name) for side in ("left", "right") for name in PARTS[f"{side} foot"]]] = 0.0
    air = [event for event in find_events(Motion(take)) if "off the floor" in event.sentence]
    assert [event.kind for event in air] == ["floating"]
    assert "where they were not seen" in air[0].sentence


def test_parts_in_words() -> None:
    assert name_parts(["left arm", "right arm"]) == "both arms"
    assert name_parts(["head", "left foot", "right foot", "left leg"]) == "head, both feet and left leg"


def test_knee_bend_has_a_sign() -> None:
    take = clean_take()
    straight = knee_bend(Motion(take), "right")
    bend_knee_back(take)
    bent = knee_bend(Motion(take), "right")
    assert straight is not None
    assert bent is not None
    assert 5 < straight[40] < 15
    assert bent[40] < -20


def test_figures_are_those_of_the_motion() -> None:
    take = clean_take()
    slide(take)
    facts = {fact.name: fact for fact in key_facts(Motion(take), [])}
    assert facts["way of the pelvis"].value == "0.2 m"
    assert facts["feet slide"].value == f"{1000 * 0.2 / (FRAMES - 1):.1f} mm"
    assert facts["seen"].value == "100 %"
    assert facts["length"].words == "120 frames, 30 a second"
    assert facts["height of the person"].words == "sum of the bones; 1.70 m was given"
    second = np.linalg.norm(np.diff(take.joints.astype(float), 2, axis=0), axis=-1).mean() * 1000
    assert float(facts["jitter"].value.split()[0]) == pytest.approx(second, abs=0.06)


def test_camera_in_words() -> None:
    take = clean_take()
    told = dict(origins(Motion(take)))["camera"]
    assert told == "640 x 480 pixels, focal length 600 pixels (56 degrees wide), 0.0 m over the floor"
    take.provenance["camera"] = {"kind": "pan", "focal_source": "default"}
    assert "not known: a usual lens is assumed, turning on the spot" in dict(origins(Motion(take)))["camera"]
    take.provenance["camera"] = {"kind": "static", "focal_source": "--fov"}
    assert "as given, standing still" in dict(origins(Motion(take)))["camera"]


def shapes(svg: str, tag: str, style: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of one kind whose class holds these words."""
    found = ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{tag}")
    return [shape.attrib for shape in found if set(style.split()) <= set(shape.attrib.get("class", "").split())]


def points_of(path: str) -> np.ndarray:
    return np.array([[float(number) for number in pair.split()] for pair in re.split("[ML]", path) if pair])


def test_path_from_above_begins_and_ends_where_the_motion_does() -> None:
    take = clean_take()
    take.joints[:, :, 0] += np.linspace(0, 2.0, FRAMES)[:, None]
    svg = plots.path_figure(Motion(take)).svg
    line = points_of(shapes(svg, "path", "line main")[0]["d"])
    start, end = shapes(svg, "circle", "start")[0], shapes(svg, "circle", "end")[0]
    np.testing.assert_allclose(line[0], [float(start["cx"]), float(start["cy"])], atol=0.11)
    np.testing.assert_allclose(line[-1], [float(end["cx"]), float(end["cy"])], atol=0.11)
    grid = [float(shape["x"]) for shape in shapes(svg, "text", "tick") if shape["text-anchor"] == "middle"]
    metre = grid[1] - grid[0]  # ticks are half a metre or a metre apart
    assert (line[-1, 0] - line[0, 0]) / metre in (pytest.approx(2.0, abs=0.02), pytest.approx(4.0, abs=0.04))
    assert line[-1, 1] == pytest.approx(line[0, 1], abs=0.11)
    marks = shapes(svg, "line", "tickmark")
    assert len(marks) == 8  # every half second
    assert float(marks[0]["y2"]) > float(marks[0]["y1"])  # the person faces -y, down
    assert len(shapes(svg, "circle", "dot left")) == 2


def test_foot_heights_and_contact_bars() -> None:
    take = clean_take()
    jump(take)
    svg = plots.feet_figure(Motion(take)).svg
    bars = shapes(svg, "rect", "bar left")
    assert len(bars) == 4  # heel and toe, before and after the jump
    seconds = (620 + 64) / (FRAMES - 1) * RATE
    assert float(bars[0]["width"]) == pytest.approx(39.5 / RATE * seconds, rel=0.03)
    heel = points_of(shapes(svg, "path", "line left heel")[0]["d"])
    assert heel[:, 1].argmin() in range(52, 58)  # the top of the jump, the highest place
    assert heel[0, 1] == pytest.approx(heel[-1, 1], abs=0.2)


def test_root_jitter_and_slide_lines_show_the_values() -> None:
    take = clean_take()
    jump(take)
    motion = Motion(take)
    height = points_of(shapes(plots.root_figure(motion).svg, "path", "line main")[0]["d"])
    assert height[:, 1].argmin() in range(53, 57)
    svg = plots.jitter_figure(motion).svg
    before, after = (points_of(shapes(svg, "path", f"line {style}")[0]["d"]) for style in ("raw", "main"))
    assert len(before) == FRAMES - 2
    assert before[:, 1].mean() < after[:, 1].mean() - 20  # higher is a smaller y
    slide(take)
    moved = Motion(take)
    values = points_of(shapes(plots.slide_figure(moved).svg, "path", "line left heel")[0]["d"])
    dashed = float(shapes(plots.slide_figure(moved).svg, "line", "limit")[0]["y1"])
    assert values[:, 1].min() > dashed  # 1.7 mm a frame is under the limit of 5


def test_strips_bars_and_figures_of_the_body() -> None:
    take = clean_take()
    hide(take)
    motion = Motion(take)
    svg = charts.confidence_figure(motion).svg
    dark = shapes(svg, "rect", "seen0")
    assert len(dark) == 1
    assert float(dark[0]["width"]) == pytest.approx((760 - 84 - 14) / 4, abs=2)
    parts = [part for part in PARTS if motion.columns(part)]
    assert len(shapes(svg, "rect", "seen5")) == len(parts) + 1
    lengths = charts.bones_figure(motion)
    left, right = (shapes(lengths.svg, "rect", f"bar {side}") for side in ("left", "right"))
    assert [bar["width"] for bar in left] == [bar["width"] for bar in right]
    assert lengths.extra.count("<tr>") == 12
    assert "odd" not in lengths.extra
    bars = charts.parts_figure(motion).svg
    assert len(shapes(bars, "rect", "bar main")) == len(parts)
    moments = sticks.moments_figure(motion).svg
    assert len(shapes(moments, "circle", "skull")) == 16
    sticks_left = shapes(moments, "line", "stick left")
    assert all(float(line["x1"]) > 0 for line in sticks_left)


def test_hands_are_drawn_and_told_where_a_take_has_them() -> None:
    take = clean_take()
    wrist = take.joints[:, [column("left_wrist")]]
    assert take.keypoints is not None
    beyond = np.full((FRAMES, 1, 2), [700.0, 100.0], np.float32)
    points = np.concatenate([take.keypoints, beyond], axis=1)
    joints = np.concatenate([take.joints, wrist + np.float32(0.08)], axis=1)
    take = replace(take, joints=joints, joint_names=(*JOINTS, "left_index_1"), joints_raw=None, confidence=None)
    motion = Motion(replace(take, keypoints=points, keypoint_names=(*JOINTS, "left_index")))
    assert len(shapes(sticks.moments_figure(motion).svg, "line", "stick left thin")) == 16
    assert [event.line for event in find_events(motion)] == ["0.0 to 4.0 s: left hand outside the picture"]


def test_lengths_that_breathe_are_marked() -> None:
    take = clean_take()
    take.joints[:, column("left_wrist"), 2] -= np.linspace(0, 0.1, FRAMES)
    figure = charts.bones_figure(Motion(take))
    assert figure.extra.count('class="odd"') == 2
    assert "forearm changes most" in figure.sentence


def test_timeline_shows_every_event() -> None:
    take = clean_take()
    jump(take)
    hide(take)
    motion = Motion(take)
    svg = charts.events_figure(motion, find_events(motion)).svg
    assert len(shapes(svg, "rect", "bar note")) == 1
    assert len(shapes(svg, "rect", "bar warning")) == 1


def test_long_lines_keep_their_peaks() -> None:
    x = np.arange(50_000.0)
    y = np.sin(x / 3000)
    y[31_234] = 9.0
    y[40_000:40_400] = np.nan
    short = thinned(x, y)
    assert len(short) <= 704
    assert [31_234.0, 9.0] in short.tolist()
    drawing = Drawing(100, "test")
    Panel(drawing, 0, 80, (0, 50_000), (0, 10)).line(x, y, "line main")
    assert shapes(drawing.svg(), "path", "line main")[0]["d"].count("M") == 2


def page_of(take: Take) -> ElementTree.Element:
    return ElementTree.fromstring(report_page(take, "A <take>").split("\n", 1)[1])


def test_page_is_whole_and_needs_nothing_else() -> None:
    take = clean_take()
    text = report_page(take, "A <take>")
    page = page_of(take)
    assert page.find("head/title") is not None
    assert len(list(page.iter("{http://www.w3.org/2000/svg}svg"))) == 9
    words = " ".join(page.itertext())
    for piece in ("clip <1>.mp4", "MIT", "Free & open.", "adaptive", "Something < is said.", "100 %"):
        assert piece in words, piece
    assert not re.search(r"<script|<link|src=|@import|url\(", text)
    assert set(re.findall(r"https?://[^\"<]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\bnan\b", words)


@pytest.mark.parametrize(
    "names", [("left_wrist",), ("left_hip", "left_knee", "left_ankle"), ("left_shoulder", "right_shoulder"), JOINTS]
)
@pytest.mark.parametrize("frames", [1, 2, 3, 50])
@pytest.mark.filterwarnings("error")
def test_takes_with_little_in_them(names: tuple[str, ...], frames: int) -> None:
    whole = clean_take()
    joints = whole.joints[:frames, [column(name) for name in names]]
    take = Take(joints=joints, joint_names=names, fps=RATE)
    page_of(take)
    assert any("contacts" in figure.sentence for figure in figures(Motion(take)))


@pytest.mark.filterwarnings("error")
def test_takes_with_holes() -> None:
    take = clean_take()
    take.joints[40:60] = np.nan
    take.joints[:, column("left_heel")] = np.nan
    assert take.joints_raw is not None
    take.joints_raw[:] = np.nan
    words = " ".join(page_of(take).itertext())
    assert "everything is missing" in words
    assert not re.search(r"\bnan\b", words)
    with pytest.raises(PosewrightError, match="nothing to show"):
        report_page(replace(take, joints=np.full_like(take.joints, np.nan)), "empty")


@pytest.mark.filterwarnings("error")
def test_takes_of_other_programs() -> None:
    """What others write into the provenance is passed over when it is not what this program writes."""
    take = clean_take()
    take.provenance = {"source": "library", "settings": 3, "weights": {"a": 1}, "camera": [], "warnings": "none"}
    take.confidence = np.full(take.joints.shape[:2], np.nan, np.float32)
    words = " ".join(page_of(take).itertext())
    assert not re.search(r"\bnan\b", words)


def test_a_thousand_frames_are_under_a_megabyte() -> None:
    joints = np.repeat(clean_take().joints[:1], 1000, axis=0)
    joints += 0.05 * np.random.default_rng(1).normal(size=joints.shape).astype(np.float32)
    contacts = (np.random.default_rng(2).random((1000, 4)) > 0.5).astype(np.float32)
    confidence = np.random.default_rng(3).random((1000, 22)).astype(np.float32)
    take = Take(joints, JOINTS, RATE, confidence=confidence, contacts=contacts, joints_raw=joints + 0.01)
    assert len(report_page(take, "noise").encode()) < 1_000_000


def test_command_writes_the_page_and_tells_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take = clean_take()
    leave_picture(take)
    take.save(tmp_path / "walk.npz")
    page = tmp_path / "walk.html"
    assert main(["report", str(tmp_path / "walk.npz"), "-o", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["events"][0]["kind"] == "outside"
    assert told["figures"]["moments to look at"] == "1"
    assert "right foot outside the picture" in page.read_text("utf-8")
    before = page.read_bytes()
    assert main(["report", str(tmp_path / "walk.npz"), "-o", str(page)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert page.read_bytes() == before
    assert main(["report", str(tmp_path / "walk.npz"), "-o", str(page), "--overwrite"]) == 0


def test_command_reads_bvh(tmp_path: Path) -> None:
    write_bvh(clean_take(), tmp_path / "walk.bvh")
    assert main(["report", str(tmp_path / "walk.bvh"), "-o", str(tmp_path / "walk.html")]) == 0
    page = ElementTree.fromstring((tmp_path / "walk.html").read_text("utf-8").split("\n", 1)[1])
    assert "walk.bvh" in " ".join(page.itertext())


@pytest.mark.parametrize(
    ("name", "out", "status", "sentence"),
    [
        ("nothing.npz", "page.html", 1, "There is no file"),
        ("text.npz", "page.html", 1, "is not a take"),
        ("text.npz", "page.png", 2, "must end in .html"),
    ],
)
def test_bad_input_gets_a_sentence(
    name: str, out: str, status: int, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.npz").write_text("no take")
    assert main(["report", str(tmp_path / name), "-o", str(tmp_path / out)]) == status
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / out).exists()
