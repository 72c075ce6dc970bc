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
    recipe = replace(TINY, minutes=60, prior_share=prior_share, windows=12, learning_rate=1e-2)
    trainer = Trainer(recipe, motions, CPU)
    losses = [trainer.step().item() for _ in range(100)]
    assert np.mean(losses[-20:]) < 0.9 * np.mean(losses[:20])
    before = evaluate_network(TINY.build(), motions, 5, 0.1)
    after = evaluate_network(trainer.mean.prior if prior_share else trainer.mean, motions, 5, 0.1)
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
        train(data, out, TINY, CPU, progress=StopAfter(5))
    folder = tmp_path / "own.training"
    assert {path.name for path in folder.iterdir()} >= {"state.pt", "curves.csv", "config.toml"}
    with pytest.raises(PosewrightError, match="other settings \\(prior_width\\)"):
        train(data, out, replace(TINY, prior_width=40), CPU)
    after = StopAfter(-1)
    header = train(data, out, TINY, CPU, progress=after)
    assert header is not None
    assert after.notes[0].startswith("step 6,") and "s left" in after.notes[0]
    assert not (folder / "state.pt").exists() and (folder / "curves.csv").exists()
    checkpoint = load_checkpoint(out)
    assert (checkpoint.frames, checkpoint.stride_seconds) == (5, 0.1)
    again = evaluate_file(out, data, CPU)["noisy"]["mpjpe_mm"]
    assert again == pytest.approx(header["figures"]["lifter"]["noisy"]["mpjpe_mm"], rel=0.02)  # but for half precision


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
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and not out.exists()
    assert main([*command, "--stop-after", "0.02"]) == 0
    steps = [row.step for row in read_curves(state.with_name("curves.csv"))]
    assert steps == sorted(set(steps)) and len(steps) > 1


def test_chunks_end_on_time_and_finish_the_work(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, config = tmp_path / "own.safetensors", tmp_path / "own.toml"
    config.write_text(CONFIG)
    command = ["train", "--config", str(config), "--data", str(data), "-o", str(out), "--device", "cpu", "--json"]
    assert main([*command, "--stop-after", "0.00001"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "finished": False}
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["finished"] is True
    assert out.exists()
    assert main(command) == 1  # exists, and no --overwrite


def test_bad_data_gets_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "w.safetensors"
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / TRAIN_FILE).write_bytes(b"no numbers")
    assert main(["train", "--data", str(tmp_path), "-o", str(out), "--minutes", "0.01", "-q"]) == 1
    assert "damaged" in capsys.readouterr().err
    assert not out.exists()


def test_evaluate_prints_a_table_and_json(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, config = tmp_path / "w.safetensors", tmp_path / "own.toml"
    config.write_text(CONFIG)
    assert main(["train", "--config", str(config), "--data", str(data), "-o", str(out), "-q", "--device", "cpu"]) == 0
    assert "PA-MPJPE" in capsys.readouterr().out
    assert main(["evaluate", "--data", str(data), "--weights", str(out), "--device", "cpu", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["exact"]["pa_mpjpe_mm"] > 0
