"""The training loop: settings, resuming, reproducibility, precision, curves; on moving bodies made here."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from made_motions import write_motions
from posewright.cli.main import main
from posewright.core.lifting.checkpoints import load_checkpoint
from posewright.core.training import evaluate
from posewright.core.training import train as training
from posewright.core.training.curves import read_curves
from posewright.core.training.evaluate import evaluate_file, evaluate_network
from posewright.core.training.losses import uncertainty_loss
from posewright.core.training.motions import Motions, load_motions
from posewright.core.training.recipe import Recipe
from posewright.core.training.train import TRAIN_FILE, train
from posewright.core.training.trainer import Trainer
from posewright.errors import Cancelled, PosewrightError

CPU = torch.device("cpu")
TINY = Recipe(
    minutes=0.05,
    prior_windows=16,
    windows=4,
    frames=5,
    prior_width=32,
    prior_blocks=1,
    dim_feat=12,
    n_layers=1,
    num_heads=2,
    warm_up_steps=5,
    validate_share=0.25,
)
BY_STEPS = replace(TINY, prior_steps=12, joint_steps=12)
CONFIG = """
[run]
prior_steps = 6
joint_steps = 6
validate_share = 0.5
[prior]
windows = 8
width = 16
[tcpformer]
frames = 3
windows = 4
dim_feat = 8
n_layers = 1
num_heads = 2
"""


@pytest.fixture(autouse=True)
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure on fewer frames than in earnest."""
    monkeypatch.setattr(evaluate, "FRAMES_MEASURED", 400)
    monkeypatch.setattr(training, "VALIDATION_FRAMES", 100)
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("motions")
    write_motions(folder)
    return folder


@pytest.fixture(scope="module")
def motions(data: Path) -> Motions:
    return load_motions(data / TRAIN_FILE)


class StopAfter:
    """A progress that cancels at the n-th report and remembers what was said."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.notes: list[str] = []

    def __call__(self, stage: str, done: float, note: str = "") -> None:
        self.notes.append(note)
        if len(self.notes) == self.calls:
            raise Cancelled


@pytest.mark.parametrize("prior_share", [1.0, 0.0])
def test_some_steps_lower_the_loss(motions: Motions, prior_share: float) -> None:
    recipe = replace(TINY, minutes=60, prior_share=prior_share, windows=8, learning_rate=1e-2)
    trainer = Trainer(recipe, motions, CPU)
    losses = [trainer.step().item() for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.9 * np.mean(losses[:10])
    before = evaluate_network(TINY.build().prior, motions, 5, 0.1, flip=False)  # the whole network begins as its prior
    after = evaluate_network(trainer.mean.prior if prior_share else trainer.mean, motions, 5, 0.1, flip=False)
    assert after["noisy"].mpjpe_mm < before["noisy"].mpjpe_mm


def test_by_steps_the_same_seed_gives_the_same_weights_stopped_or_not(data: Path, tmp_path: Path) -> None:
    whole, parts, other = (tmp_path / f"{name}.safetensors" for name in ("whole", "parts", "other"))
    train(data, whole, BY_STEPS, CPU)
    for calls in (5, 3, 9):
        with pytest.raises(Cancelled):
            train(data, parts, BY_STEPS, CPU, progress=StopAfter(calls))
    train(data, parts, BY_STEPS, CPU)
    train(data, other, replace(BY_STEPS, seed=2), CPU)
    first, second, third = (load_checkpoint(path).state for path in (whole, parts, other))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["prior.embed.weight"], third["prior.embed.weight"])
    rows = [[(row.step, row.loss, row.val_noisy_pa) for row in read_curves(p)] for p in tmp_path.glob("*/curves.csv")]
    assert len(rows) == 3 and rows[0] != [] and sum(row == rows[0] for row in rows) == 2


def test_a_stopped_training_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.safetensors"
    with pytest.raises(Cancelled):
        train(data, out, BY_STEPS, CPU, progress=StopAfter(5))
    folder = tmp_path / "own.training"
    assert {path.name for path in folder.iterdir()} == {"state.pt", "curves.csv", "config.toml"}  # no validation yet
    with pytest.raises(PosewrightError, match="other settings \\(prior_width\\)"):
        train(data, out, replace(BY_STEPS, prior_width=40), CPU)
    after = StopAfter(-1)
    header = train(data, out, BY_STEPS, CPU, progress=after)
    assert header is not None
    assert after.notes[0].startswith("step 6,") and " noisy" in after.notes[-1]
    assert {path.name for path in folder.iterdir()} == {"curves.csv", "curves.png", "config.toml"}
    checkpoint = load_checkpoint(out)
    assert (checkpoint.frames, checkpoint.stride_seconds) == (5, 0.1)
    again = evaluate_file(out, data, CPU)["noisy"]["mpjpe_mm"]
    assert again == pytest.approx(header["figures"]["lifter"]["noisy"]["mpjpe_mm"], rel=0.02)  # but for half precision


def test_by_the_clock_both_parts_have_their_share_and_the_rate_ends_at_nothing(data: Path, tmp_path: Path) -> None:
    recipe = replace(TINY, minutes=0.1, prior_share=0.5)
    header = train(data, tmp_path / "own.safetensors", recipe, CPU)
    assert header is not None and min(header["training"]["steps"]) > 1
    assert 6 <= header["training"]["seconds"] < 30
    rows = read_curves(tmp_path / "own.training" / "curves.csv")
    assert [row.part for row in rows] == sorted(row.part for row in rows)
    assert rows[-1].learning_rate < max(row.learning_rate for row in rows) / 2
    assert rows[-1].val_noisy_pa is not None


def test_a_killed_training_goes_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.safetensors"
    script = (
        "import sys; from posewright.core.training import train; train.SAVE_SECONDS = 0.2\n"
        "from posewright.cli.main import main; main(sys.argv[1:])"
    )
    config = tmp_path / "long.toml"
    config.write_text(CONFIG.replace("_steps = 6", "_steps = 600").replace("validate_share = 0.5", ""))
    command = ["train", "--config", str(config), "--data", str(data), "-o", str(out), "--device", "cpu", "-q"]
    process = subprocess.Popen([sys.executable, "-c", script, *command], env={**os.environ, "OMP_NUM_THREADS": "1"})
    state = tmp_path / "own.training" / "state.pt"
    while process.poll() is None and not state.exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not out.exists()
    before = sum(torch.load(state)["trainer"]["steps"])
    assert main([*command, "--stop-after", "0.05"]) == 0
    assert sum(torch.load(state)["trainer"]["steps"]) > before > 0
    steps = [row.step for row in read_curves(state.with_name("curves.csv"))]
    assert steps == sorted(set(steps))


def test_chunks_end_on_time_and_finish_the_work(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, config = tmp_path / "own.safetensors", tmp_path / "own.toml"
    config.write_text(CONFIG)
    command = ["train", "--config", str(config), "--data", str(data), "-o", str(out), "--device", "cpu", "--json"]
    assert main([*command, "--stop-after", "0.00001"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "finished": False}
    assert main(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["finished"] is True and result["figures"]["lifter"]["exact"]["pa_mpjpe_mm"] > 0
    assert out.exists() and "## Figures" in out.with_suffix(".md").read_text()
    assert main(command) == 1  # exists, and no --overwrite


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("prior_share", [1.0, 0.0])
def test_half_precision_learns_the_same(motions: Motions, prior_share: float, precision: str) -> None:
    recipe = replace(TINY, prior_share=prior_share, minutes=60, learning_rate=1e-2, windows=12, precision=precision)
    trainer = Trainer(recipe, motions, CPU)
    exact = Trainer(replace(recipe, precision="float32"), motions, CPU)
    assert trainer.half == (precision == "bfloat16")
    first, truth = trainer.step(), exact.step()
    assert first.dtype == torch.float32 and first.item() == pytest.approx(truth.item(), rel=2e-3)
    losses = [trainer.step().item() for _ in range(40)]
    assert np.mean(losses[-10:]) < 0.95 * first.item()
    assert all(value.dtype == torch.float32 for value in trainer.mean.parameters())


def test_the_network_options_reach_the_network_and_train(data: Path, tmp_path: Path) -> None:
    options = ("time_position", "trajectory_prior", "uncertainty", "prior_gradient")
    recipe = replace(BY_STEPS, prior_features=4, **dict.fromkeys(options, True))
    header = train(data, tmp_path / "all.safetensors", recipe, CPU)
    assert header is not None
    network = load_checkpoint(tmp_path / "all.safetensors").build()
    names = {name for name, _ in network.named_parameters()}
    plain = {name for name, _ in BY_STEPS.build().named_parameters()}
    assert plain < names
    assert {**header["config"], **header["config"]["tcpformer"]}.items() >= dict.fromkeys(options, True).items()


def test_the_spread_learns_the_size_of_the_error_and_changes_no_pose() -> None:
    truth = torch.zeros(1, 1, 2, 3)
    poses = torch.tensor([[[[0.2, 0.0, 0.0], [0.0, 0.0, 0.05]]]], requires_grad=True)
    spread = torch.zeros(1, 1, 2, requires_grad=True)
    optimizer = torch.optim.Adam([spread], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        uncertainty_loss(poses, truth, spread).backward()
        optimizer.step()
    assert poses.grad is None
    torch.testing.assert_close(spread.exp(), torch.tensor([[[0.2, 0.05]]]), rtol=0.02, atol=0)


def test_a_start_from_weights_takes_what_fits(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, config = (tmp_path / name for name in ("first.safetensors", "second.safetensors", "own.toml"))
    train(data, first, BY_STEPS, CPU)
    stored = load_checkpoint(first).state
    recipe = replace(BY_STEPS, prior_steps=0, freeze_prior=True, start_from=str(first), frames=8)  # one proxy more
    reports = StopAfter(-1)
    header = train(data, second, recipe, CPU, progress=reports)
    assert reports.notes[0].endswith("% of the values began with first.safetensors")
    assert header is not None and 0.5 < header["training"]["started_from"]["share"] < 1
    assert header["training"]["recipe"]["start_from"] == header["training"]["started_from"]["file"] == first.name
    state = load_checkpoint(second).state
    prior = [name for name in state if name.startswith("prior.")]
    assert prior and all(torch.equal(state[name], stored[name]) for name in prior)
    assert not torch.equal(state["tcpformer.head.weight"], stored["tcpformer.head.weight"])
    (tmp_path / "none.safetensors").write_bytes(b"nothing")
    config.write_text(CONFIG.replace("[run]", '[run]\nstart_from = "none.safetensors"'))  # beside the config
    assert main(["train", "--config", str(config), "--data", str(data), "-o", str(tmp_path / "x.safetensors")]) == 1
    assert "none.safetensors" in capsys.readouterr().err


def test_bad_data_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "w.safetensors"
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / TRAIN_FILE).write_bytes(b"no numbers")
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "damaged" in capsys.readouterr().err
    assert not out.exists()
