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
from posewright.core.lifting.conventions import OFFICIAL_FILL, OfficialConvention
from posewright.core.lifting.inputs import LIFTER_JOINTS
from posewright.core.skeleton import H36M_JOINTS
from posewright.core.take import Take
from posewright.core.training import evaluate
from posewright.core.training.draw import Draw
from posewright.core.training.evaluate import EVALUATION, VALIDATION_FILE
from posewright.core.training.metrics import aligned, position_error, scaled
from posewright.core.training.motions import load_actions, load_motions
from posewright.core.training.synthesis import VALIDATION_EXACT, make_batch
from posewright.errors import PosewrightError

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


class Oracle(OfficialConvention):
    """An official lifter that knows the answer: the true joints as Human3.6M's image coordinates with a depth."""

    def __init__(self, truth: np.ndarray) -> None:
        super().__init__(H36M_JOINTS, metric=False)
        self.truth = truth  # (B,T,17,3) metres, virtual camera axes, pelvis at the origin
        self.half_pictures: list[np.ndarray] = []
        self.calls = 0

    def track(self, keypoints, camera):  # noqa: ANN001, ANN201
        track = super().track(keypoints, camera)
        self.half_pictures.append(track.box / OFFICIAL_FILL)
        return track

    def predict(self, model, inputs):  # noqa: ANN001, ANN201
        self.calls += 1
        distance = 1.0 / np.array(self.half_pictures)  # any: the size is found from the bones
        seen = self.mirrored(inputs) if self.calls == 2 else inputs
        answer = torch.from_numpy(self.truth * model).float()
        answer = torch.cat(
            (seen[..., :2] - seen[..., :1, :2], answer[..., 2:] * torch.from_numpy(distance)[..., None, None]), -1
        )
        return (self.mirrored(answer) if self.calls == 2 else answer).float()


def test_official_lifters_are_measured_through_their_own_joints(data: Path) -> None:
    """Depth over distance is what such a network gives; with the true one, only the joints' definitions remain."""
    motions = load_motions(data / VALIDATION_FILE, balanced=False)
    batch = make_batch(motions, Draw(3, CPU), VALIDATION_EXACT, 6, 5)
    columns = [LIFTER_JOINTS.index(name) for name in H36M_JOINTS]
    truth = (batch.targets * batch.size)[..., columns, :].double().numpy()
    errors = []
    for closeness in (1 / 6, 1 / 3, 1 / 2):  # one over the distance in metres, not known here
        oracle = Oracle(truth)
        poses, right = other_lift(closeness, oracle, CPU)(batch)  # pyright: ignore[reportArgumentType]
        assert poses.shape == right.shape == (6, 5, 12, 3)
        errors.append(position_error(aligned(poses, right), right))
    assert torch.stack(errors).min(0).values.mean() < 60
