"""What ``posewright evaluate`` measures and prints: on motions, on clips with truth, and for lifters of other makes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from posewright.cli.evaluate import named
from posewright.cli.evaluation_tables import clips_table, columns, mean_pa
from posewright.cli.main import main
from posewright.core.evaluation import validation
from posewright.core.evaluation.clips import Clip, ClipFigures, read_clips, read_truth
from posewright.core.evaluation.motion import MAIN, MotionErrors, Truth, motion_errors
from posewright.core.evaluation.validation import measure_validation, only, other_lift
from posewright.core.lifting.checkpoints import load_checkpoint
from posewright.core.lifting.conventions import OFFICIAL_FILL, OfficialConvention, Track
from posewright.core.lifting.inputs import LIFTER_JOINTS
from posewright.core.skeleton import BLAZEPOSE_KEYPOINTS, H36M_JOINTS
from posewright.core.take import Take
from posewright.core.training import evaluate
from posewright.core.training.draw import Draw
from posewright.core.training.evaluate import EVALUATION, VALIDATION_FILE
from posewright.core.training.metrics import aligned, position_error, scaled
from posewright.core.training.motions import load_actions, load_motions
from posewright.core.training.synthesis import VALIDATION_EXACT, make_batch
from posewright.core.values import Camera, Keypoints
from posewright.errors import PosewrightError
from torch import Tensor, nn

CPU = torch.device("cpu")
FEW = 200


@pytest.fixture(autouse=True)
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "FRAMES_MEASURED", FEW)
    monkeypatch.setattr(evaluate, "WINDOWS_AT_A_TIME", 8)
    monkeypatch.setattr(validation, "FRAMES_AN_ACTION", FEW // 4)


@pytest.fixture(scope="module")
def data(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The validation motions, cut down to three clips of two actions."""
    folder = tmp_path_factory.mktemp("motions")
    with np.load(shared / "mocap" / VALIDATION_FILE) as stored:
        values = {name: stored[name] for name in stored.files}
    picked = [list(values["action"]).index(action) for action in ("walking", "salsa", "Throw")]
    bounds = values["clip_starts"]
    pieces = [values["positions"][bounds[clip] : bounds[clip + 1]] for clip in picked]
    values["positions"] = np.concatenate(pieces)
    values["clip_starts"] = np.cumsum([0, *(len(piece) for piece in pieces)])
    values |= {name: values[name][picked] for name in ("action", "source", "subject")}
    values["action"][2] = "Walking"
    np.savez(
        folder / VALIDATION_FILE,
        **{name: values[name] for name in ("positions", "clip_starts", "scale")},
        action=values["action"],
        source=values["source"],
        subject=values["subject"],
    )
    return folder


def test_scale_alone_is_fitted_for_n_mpjpe() -> None:
    truth = torch.randn(5, 19, 3)
    torch.testing.assert_close(scaled(0.3 * truth, truth), truth)
    turned = truth[..., [1, 2, 0]]
    assert position_error(scaled(turned, truth), truth).mean() > 0.5


def test_a_fit_may_leave_joints_out() -> None:
    truth = torch.randn(4, 12, 3, dtype=torch.float64)
    poses, known = 2.0 * truth + 1.0, torch.ones(4, 12, dtype=torch.bool)
    known[1, 3] = False
    poses[1, 3] = 50.0
    errors = (aligned(poses, truth, known) - truth).norm(dim=-1)
    assert errors[known].max() < 1e-9 and errors[1, 3] > 1
    assert (aligned(poses, truth) - truth).norm(dim=-1)[1].mean() > 0.1


def test_actions_are_measured_one_by_one(data: Path, checkout: Path) -> None:
    assert load_actions(data / VALIDATION_FILE) == ["walking", "salsa", "walking"]
    motions = load_motions(data / VALIDATION_FILE, balanced=False)
    salsa = only(motions, [False, True, False])
    assert (salsa.weights > 0).tolist() == [False, True, False, False, True, False]

    checkpoint = load_checkpoint(checkout / "weights/files/posewright-lifter.safetensors")
    found = measure_validation(checkpoint, data, CPU, by_action=True)
    assert set(found.actions) == {"walking", "salsa"} and found.joints == LIFTER_JOINTS
    assert found.actions["salsa"]["noisy"].pa_mpjpe_mm != found.actions["walking"]["noisy"].pa_mpjpe_mm
    exact = found.measured["exact"]
    assert exact.figures.pa_mpjpe_mm == pytest.approx(np.mean(exact.joints_pa_mm), rel=1e-4)
    assert exact.figures.mpjpe_mm == pytest.approx(np.mean(exact.joints_mm), rel=1e-4)
    assert exact.figures.pa_mpjpe_mm < exact.figures.n_mpjpe_mm <= exact.figures.mpjpe_mm + 1
    assert exact.joints_mm[0] == 0  # the pelvis is the origin
    assert found.measured["noisy"].figures.pa_mpjpe_mm > exact.figures.pa_mpjpe_mm


class Remembering(OfficialConvention):
    """Human3.6M's convention, which remembers half the width of every picture over the focal length."""

    def __init__(self) -> None:
        super().__init__(H36M_JOINTS, metric=False)
        self.half_pictures: list[Tensor] = []

    def track(self, keypoints: Keypoints, camera: Camera) -> Track:
        track = super().track(keypoints, camera)
        self.half_pictures.append(torch.from_numpy(track.box / OFFICIAL_FILL))
        return track


class Oracle(nn.Module):
    """An official network that knows the depths (B,T,17,1) over the distance; plain clips come first, then mirrored."""

    def __init__(self, depths: Tensor, convention: Remembering) -> None:
        super().__init__()
        self.depths, self.convention, self.flipped = depths, convention, False

    def forward(self, inputs: Tensor) -> Tensor:
        seen = self.convention.mirrored(inputs) if self.flipped else inputs
        depths = self.depths / torch.stack(self.convention.half_pictures)[..., None, None]
        answer = torch.cat((seen[..., :2], depths.float()), dim=-1)
        self.flipped, mirror = True, self.flipped
        return self.convention.mirrored(answer) if mirror else answer


def test_official_lifters_are_measured_through_their_own_joints(data: Path) -> None:
    """Depth over distance is what such a network gives; with the true one, only the joints' definitions remain."""
    motions = load_motions(data / VALIDATION_FILE, balanced=False)
    batch = make_batch(motions, Draw(3, CPU), VALIDATION_EXACT, 6, 5)
    columns = [LIFTER_JOINTS.index(name) for name in H36M_JOINTS]
    depths = (batch.targets * batch.size)[..., columns, 2:]
    errors = []
    for closeness in (1 / 6, 1 / 3, 1 / 2):  # one over the distance in metres, not known here
        convention = Remembering()
        poses, right = other_lift(Oracle(depths * closeness, convention), convention, CPU)(batch)
        assert poses.shape == right.shape == (6, 5, 12, 3)
        errors.append(position_error(aligned(poses, right), right))
    assert torch.stack(errors).min(0).values.mean() < 45  # measured 35


@pytest.mark.parametrize("folder", ["synthetic", "multiview"])
def test_clips_are_scored_as_the_published_baseline_was(shared: Path, folder: str) -> None:
    """MediaPipe's own motions of all clips, scored here, against the figures that came with them."""
    for clip in read_clips(shared / "clips" / folder):
        with np.load(shared / "clips" / folder / "preds_baseline" / f"{clip.name}.npz") as stored:
            take = Take(stored["joints"].astype(np.float32), BLAZEPOSE_KEYPOINTS, float(stored["fps"]))
        found = motion_errors(take, read_truth(clip.truth))
        assert set(clip.baseline) == {"pa_mpjpe_mm", "root_relative_mm", "bone_degrees", "acceleration_mm"}
        for name, value in clip.baseline.items():
            assert getattr(found, name) == pytest.approx(value, abs=0.02), (clip.name, name)


def moving(frames: int = 40) -> Truth:
    rng = np.random.default_rng(4)
    joints = rng.normal(0, 0.4, (1, 12, 3)) + 0.1 * np.sin(
        np.arange(frames)[:, None, None] / 5 + rng.uniform(0, 6, 12)[:, None]
    )
    return Truth(joints, MAIN, 30.0)


def as_take(truth: Truth, joints: np.ndarray) -> Take:
    return Take(joints.astype(np.float32), truth.names, truth.fps)


def test_place_direction_and_size_of_a_motion_are_no_errors() -> None:
    truth = moving()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    errors = motion_errors(as_take(truth, 3.0 * truth.joints @ turn + 5.0), truth)
    assert max(errors.pa_mpjpe_mm, errors.root_relative_mm, errors.acceleration_mm) < 1e-2
    assert errors.bone_degrees < 0.05 and errors.coverage_percent == 100
    mirrored = motion_errors(as_take(truth, truth.joints * [1, 1, -1]), truth)
    assert mirrored.pa_mpjpe_mm > 50


def test_what_is_not_known_or_not_there_does_not_count() -> None:
    truth = moving()
    found = truth.joints.copy()
    truth.joints[5:9, 2] = np.nan
    found[5:9, 2] += 3.0
    assert motion_errors(as_take(truth, found), truth).pa_mpjpe_mm < 1e-2
    half = motion_errors(as_take(truth, found[:20]), truth)
    assert half.coverage_percent == 50 and half.pa_mpjpe_mm < 1e-2
    with pytest.raises(PosewrightError, match="fewer than three"):
        motion_errors(as_take(truth, found[:2]), truth)
    with pytest.raises(PosewrightError, match="only 3"):
        motion_errors(as_take(truth, found), Truth(truth.joints[:, :3], MAIN[:3], 30.0))


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"a": {"video": "a.mp4"}}'])
def test_a_folder_of_clips_that_is_none_gets_a_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "clips.json").write_text(content)
    with pytest.raises(PosewrightError, match=r"clips\.json"):
        read_clips(tmp_path)
    (tmp_path / "truth.npz").write_bytes(b"no numbers")
    with pytest.raises(PosewrightError, match=r"truth\.npz"):
        read_truth(tmp_path / "truth.npz")


def test_tables_stand_in_columns_and_failures_are_told() -> None:
    assert columns([["a", "b"], ["long", "1.0"]]) == "a       b\nlong  1.0"
    errors = MotionErrors(40.0, 50.0, 8.0, 5.0, 100.0, {})
    good = ClipFigures(Clip("walk", Path(), Path(), {"pa_mpjpe_mm": 80.0}), errors)
    bad = ClipFigures(Clip("jump", Path(), Path(), {}), None, "Nobody is there.")
    text = clips_table([good, bad]).splitlines()
    assert text[1].split()[:4] == ["walk", "40.0", "80.0", "0.50"]
    assert text[2].split()[:2] == ["jump", "-"] and text[3].split()[:2] == ["mean", "-"]
    assert text[-1] == "jump: Nobody is there."
    assert mean_pa([good]) == 40.0 and mean_pa([good, bad]) is None
    assert "MediaPipe" not in clips_table([ClipFigures(Clip("walk", Path(), Path(), {}), errors)])


def test_lifters_of_the_same_name_are_told_apart() -> None:
    files = [Path("a/best.safetensors"), Path("b/best.safetensors"), Path("c/net.pth.tr")]
    assert list(named(files)) == ["best", "best-2", "net"]


def test_evaluate_compares_lifters_and_prints_json(
    data: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    official = str(shared / "parity" / "tiny9_ckpt_h36m_style.pth.tr")
    command = ["evaluate", "--data", str(data), "--weights", "default", official, "--device", "cpu", "-q"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert "PA-MPJPE" in text and "N-MPJPE" in text and "twelve are compared" in text
    compared = text[text.index("Compared") :].splitlines()
    assert [line.split()[0] for line in compared[2:4]] == ["posewright-lifter", "tiny9_ckpt_h36m_style"]

    assert main([*command[:3], "--details", "--device", "cpu", "-q", "--json"]) == 0
    (lifter,) = json.loads(capsys.readouterr().out)["lifters"]
    assert lifter["name"] == "posewright-lifter"
    assert lifter["figures"]["noisy"]["pa_mpjpe_mm"] > lifter["figures"]["exact"]["pa_mpjpe_mm"] > 0
    assert lifter["figures"]["exact"]["evaluation"] == EVALUATION
    assert set(lifter["joints"]["exact"]) == set(LIFTER_JOINTS) and set(lifter["actions"]) == {"walking", "salsa"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [([], "--data"), (["--clips", "x", "--heading"], "--data"), (["--data", "x", "--takes", "y"], "--clips")],
)
def test_what_makes_no_sense_is_wrong_usage(wrong: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *wrong]) == 2
    assert said in capsys.readouterr().err


def test_missing_data_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--data", str(tmp_path), "--device", "cpu", "-q"]) == 1
    assert "does not exist" in capsys.readouterr().err
    assert main(["evaluate", "--clips", str(tmp_path), "--device", "cpu", "-q"]) == 1
    assert "clips.json" in capsys.readouterr().err


FINGERPRINTS = {2: (0.495021, 0.704988), 3: (0.500176, 0.697490)}
"""Mean size of the inputs of one batch of each kind, for every version of the evaluation that there was."""


def test_other_cameras_or_errors_are_another_evaluation(data: Path) -> None:
    """When this fails, figures are no longer comparable: raise ``EVALUATION`` and note the new numbers."""
    motions = load_motions(data / VALIDATION_FILE, balanced=False)
    found = [
        make_batch(motions, Draw(evaluate.SEED, CPU), settings, 16, 5).inputs.abs().mean().item()
        for settings in evaluate.CONDITIONS.values()
    ]
    assert found == pytest.approx(FINGERPRINTS[EVALUATION], rel=1e-4)
