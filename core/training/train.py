"""Training of a lifter from scratch, by the clock or by steps, on one device; it can be stopped at any moment.

In the first part the per-frame prior learns alone, many frames a second; in the second the whole network learns on
windows. The weights of the best validation are written.
"""

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import Cancelled, PosewrightError
from ...progress import Progress, silent
from ..lifting.checkpoints import save_weights
from ..outputs import write_whole
from .card import describe, model_card
from .config import as_toml
from .curves import Curves, Row
from .evaluate import CONDITIONS, VALIDATION_FILE, evaluate_network, measure, own_lift
from .motions import Motions, load_motions
from .plot import write_curves
from .recipe import Recipe
from .sources import Source, read_sources
from .state import TrainingFolder
from .timing import PROFILE_EVERY, gpu_seconds
from .trainer import Trainer

TRAIN_FILE = "mocap_train.npz"
SAVE_SECONDS = 120.0
ROWS_PER_VALIDATION = 10
VALIDATION_FRAMES = 1500
READ_LOSS_EVERY = 20
"""Steps between two readings of the loss on a GPU, which each wait for it."""


class Run:
    """A trainer with its validations, its best weights and its curves."""

    def __init__(self, trainer: Trainer, validation: Motions, folder: TrainingFolder) -> None:
        self.trainer = trainer
        self.validation = validation
        self.folder = folder
        self.smooth = math.nan  # the loss, smoothed over some hundred steps
        self.unread: list[Tensor] = []  # losses that are still on the device
        self.points = 0  # rows of the curves so far
        self.figures = (math.nan, math.nan)  # last validation: PA-MPJPE with exact and with noisy 2D
        self.best: dict[str, Any] = {"noisy_pa": math.inf, "part": 0, "step": 0, "mean": {}}
        self.origin: dict[str, Any] = {}  # the lifter that was started from
        self.curves: Curves | None = None

    def state(self) -> dict[str, Any]:
        """Return all that is needed to go on."""
        self._read_losses()
        own = {name: getattr(self, name) for name in ("smooth", "points", "figures", "best", "origin")}
        return {**own, "trainer": self.trainer.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a stored state."""
        self.trainer.restore(state["trainer"])
        for name in ("smooth", "points", "figures", "best", "origin"):
            setattr(self, name, state[name])

    def step(self) -> None:
        """Learn from one batch; validate and add to the curves when it is time."""
        trainer, recipe = self.trainer, self.trainer.recipe
        part, _ = trainer.schedule.part()
        if trainer.device.type == "cuda" and sum(trainer.schedule.steps) % PROFILE_EVERY == PROFILE_EVERY // 2:
            computing, recorded = gpu_seconds(self._learn)
            trainer.usage.computing += computing
            trainer.usage.recorded += recorded
        else:
            self._learn()
        if len(self.unread) >= (READ_LOSS_EVERY if trainer.device.type == "cuda" else 1):
            self._read_losses()
        done, apart = trainer.schedule.done, recipe.validate_share / ROWS_PER_VALIDATION
        ended = done >= 1 or trainer.schedule.part()[0] != part
        points = math.floor(done / apart + 1e-9)
        if points == self.points and not ended:
            return
        validate = ended or points // ROWS_PER_VALIDATION > self.points // ROWS_PER_VALIDATION
        self.points = points
        self._read_losses()
        self._add_row(part, self.validate(part) if validate else (None, None))

    def validate(self, part: int) -> tuple[float, float]:
        """Measure the mean weights on few frames, keep them if they are the best, and return their errors."""
        started = time.monotonic()
        trainer, recipe = self.trainer, self.trainer.recipe
        lift = own_lift(trainer.mean if part else trainer.mean.prior, flip=False)
        exact, noisy = (
            measure(
                lift, self.validation, CONDITIONS[name], recipe.frames, recipe.stride_seconds, VALIDATION_FRAMES
            ).figures.pa_mpjpe_mm
            for name in ("exact", "noisy")
        )
        self.figures = (exact, noisy)
        # the best of the prior alone says nothing about the whole network
        if noisy <= self.best["noisy_pa"] or part > self.best["part"]:
            weights = {name: value.detach().clone() for name, value in trainer.mean.state_dict().items()}
            self.best = {"noisy_pa": noisy, "part": part, "step": sum(trainer.schedule.steps), "mean": weights}
        trainer.schedule.seconds[part] += time.monotonic() - started
        return self.figures

    def note(self) -> str:
        """Return where the training stands, in words."""
        words = [f"step {sum(self.trainer.schedule.steps)}", f"loss {self.smooth:.3f}"]
        if not math.isnan(self.figures[1]):
            words.append(f"validation PA {self.figures[0]:.1f} mm exact, {self.figures[1]:.1f} noisy")
        return ", ".join(words)

    def _learn(self) -> None:
        self.unread.append(self.trainer.step())

    def _add_row(self, part: int, figures: tuple[float | None, float | None]) -> None:
        schedule = self.trainer.schedule
        rate = self.trainer.optimizer.param_groups[part]["lr"]
        if self.curves is not None:
            self.curves.add(Row(schedule.spent, sum(schedule.steps), part + 1, rate, self.smooth, *figures))
            if figures[0] is not None:
                write_curves(self.folder.picture, self.curves.rows)

    def _read_losses(self) -> None:
        if not self.unread:
            return
        for loss in torch.stack(self.unread).tolist():
            if not math.isfinite(loss):
                raise PosewrightError("The training diverged (its loss is no number); use a lower learning_rate.")
            self.smooth = loss if math.isnan(self.smooth) else self.smooth + 0.01 * (loss - self.smooth)
        self.unread.clear()


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    device: torch.device,
    *,
    fresh: bool = False,
    stop_after: float | None = None,
    progress: Progress = silent,
) -> dict[str, Any] | None:
    """Train on ``data`` (a folder with ``mocap_train.npz`` and ``mocap_val.npz``) and write the weights to ``out``.

    The state is kept in a folder beside ``out`` every few minutes and when the work is stopped; a later call goes
    on from it unless ``fresh``. ``stop_after`` ends this call after so many seconds. Returns the description stored
    with the weights, or None when the training is not finished. Raises PosewrightError for missing or unreadable
    data, Cancelled when ``progress`` stops it.
    """
    ends = math.inf if stop_after is None else time.monotonic() + stop_after
    trainer = Trainer(recipe, load_motions(data / TRAIN_FILE), device)
    folder = TrainingFolder(out)
    run = Run(trainer, load_motions(data / VALIDATION_FILE, balanced=False).to(device), folder)
    _begin(run, fresh)
    if run.origin:
        note = f"{run.origin['share']:.1%} of the values began with {run.origin['file']}"
        progress("train", trainer.schedule.done, note)
    try:
        finished = _steps(run, ends, progress)
    except (Cancelled, KeyboardInterrupt):
        folder.keep(run.state())
        raise
    if not finished:
        folder.keep(run.state())
        return None
    return _finish(run, out, read_sources(data / TRAIN_FILE))


def _begin(run: Run, fresh: bool) -> None:
    """Go on where an earlier call stopped, or start."""
    folder, trainer = run.folder, run.trainer
    state = None if fresh else folder.read(trainer.device)
    if state is None:
        folder.start(as_toml(trainer.recipe))
        if trainer.recipe.start_from:
            source = Path(trainer.recipe.start_from)
            share, header = trainer.start_from(source)
            kept = {name: header[name] for name in ("licence", "training_data", "acknowledgement") if name in header}
            run.origin = {"file": source.name, "share": round(share, 4), **kept}
    else:
        run.restore(state)
    run.curves = Curves(folder.curves, sum(trainer.schedule.steps))


def _steps(run: Run, ends: float, progress: Progress) -> bool:
    """Train to the end, or to the moment ``ends``; return whether the end was reached."""
    saved = time.monotonic()
    schedule = run.trainer.schedule
    while schedule.done < 1:
        run.step()
        if time.monotonic() - saved > SAVE_SECONDS:
            run.folder.keep(run.state())
            saved = time.monotonic()
        progress("train", schedule.done, run.note())
        if schedule.done < 1 and time.monotonic() >= ends:  # asked last: every call gets somewhere
            return False
    return True


def _finish(run: Run, out: Path, sources: list[Source]) -> dict[str, Any]:
    """Measure the best weights in full, write them and their card; then the state is needed no more."""
    trainer, recipe = run.trainer, run.trainer.recipe
    trainer.mean.load_state_dict(run.best["mean"])
    figures = {
        name: evaluate_network(network, run.validation, recipe.frames, recipe.stride_seconds)
        for name, network in (("lifter", trainer.mean), ("prior_alone", trainer.mean.prior))
    }
    header = describe(trainer, figures, sources, run.best["step"], run.origin)
    save_weights(out, trainer.mean.state_dict(), header)
    write_whole(out.with_suffix(".md"), model_card(out.stem, header, out.stat().st_size).encode())
    run.folder.state.unlink(missing_ok=True)
    return header
