"""Training of a lifter from scratch, by the clock, on one device.

In the first part of the time the per-frame prior learns alone, many frames a second; in the second the whole
network learns on windows. The learning rate of each part falls along half a cosine of the time, so a training may
be as short or as long as one likes.
"""

import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import Cancelled, PosewrightError
from ...progress import Progress, silent
from ..lifting.checkpoints import save_weights
from ..lifting.inputs import CHANNELS, LIFTER_JOINTS, predict_pose
from .draw import Draw
from .evaluate import VALIDATION_FILE, Figures, evaluate_network
from .losses import pose_loss
from .motions import Motions, load_motions
from .recipe import Recipe, count_parameters
from .synthesis import SynthesisSettings, make_batch

TRAIN_FILE = "mocap_train.npz"
SAVE_SECONDS = 180.0
WARM_UP_STEPS = 200
CLIP_GRADIENT = 1.0
LICENCE = "GPL-3.0-or-later"
ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
TRAINING_DATA = (
    "CMU Graphics Lab Motion Capture Database (may be included in products that are sold; not to be resold as data), "
    "Mesh2Motion and KayKit animations (CC0); 2D keypoints are synthetic"
)


class Trainer:
    """A network, its running mean and its optimiser; ``spent`` counts the seconds of training so far."""

    def __init__(self, recipe: Recipe, motions: Motions, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.motions = motions.to(device)
        self.draw = Draw(recipe.seed, device)
        self.model = recipe.build().to(device)
        self.mean = recipe.build().to(device).requires_grad_(False)
        self.mean.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.model.prior.parameters())},
                {"params": list(self.model.tcpformer.parameters())},
            ],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self.synthesis = SynthesisSettings()
        self.spent = 0.0
        self.steps = [0, 0]  # taken in each part

    @property
    def done(self) -> float:
        """Share 0..1 of the time that is used up."""
        return min(self.spent / (self.recipe.minutes * 60), 1.0)

    def step(self) -> float:
        """Learn from one batch and return its loss."""
        started = time.monotonic()
        part, position = self._part()
        self._set_rates(part, position)
        recipe = self.recipe
        size = (recipe.prior_windows, recipe.prior_frames) if part == 0 else (recipe.windows, recipe.frames)
        batch = make_batch(self.motions, self.draw, self.synthesis, *size)
        network = self.model.prior if part == 0 else self.model
        loss = pose_loss(predict_pose(network, batch.inputs), batch.targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP_GRADIENT)
        self.optimizer.step()
        self.steps[part] += 1
        self._update_mean(network)
        self.spent += time.monotonic() - started
        return loss.item()

    def _part(self) -> tuple[int, float]:
        """Return the part of the training, 0 or 1, and how much of it is done."""
        share = self.recipe.prior_share
        if self.done < share:
            return 0, self.done / share
        return 1, (self.done - share) / max(1 - share, 1e-9)

    def _set_rates(self, part: int, position: float) -> None:
        recipe = self.recipe
        late = recipe.prior_late_rate if recipe.prior_share < 1 else 0.0
        fall = 0.5 * (1 + math.cos(math.pi * position)) * min(1.0, (self.steps[part] + 1) / WARM_UP_STEPS)
        prior = late + (1 - late) * fall if part == 0 else late * fall
        prior = prior * min(1.0, (self.steps[0] + 1) / WARM_UP_STEPS)
        for group, rate in zip(self.optimizer.param_groups, (prior, fall if part else 0.0), strict=True):
            group["lr"] = recipe.learning_rate * rate

    @torch.no_grad()
    def _update_mean(self, network: nn.Module) -> None:
        # early on, or when its part begins, the mean forgets faster, or it would hold the untrained weights
        count = sum(self.steps) if network is self.model.prior else self.steps[1] + 1
        keep = min(self.recipe.ema, (1 + count) / (10 + count))
        mean = self.mean.prior if network is self.model.prior else self.mean
        for slow, fast in zip(mean.parameters(), network.parameters(), strict=True):
            slow.lerp_(fast, 1 - keep)

    def state(self) -> dict[str, Any]:
        """Return all that ``restore`` needs."""
        return {
            "recipe": self.recipe.as_json(),
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "draw": self.draw.generator.get_state(),
            "spent": self.spent,
            "steps": self.steps,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a stored state, whose recipe must be the same but for the minutes."""
        if {**state["recipe"], "minutes": 0} != {**self.recipe.as_json(), "minutes": 0}:
            raise PosewrightError(
                "The unfinished training beside the output has other settings; use those, or start anew with --fresh."
            )
        self.model.load_state_dict(state["model"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.draw.generator.set_state(state["draw"].cpu())  # such states live on the CPU
        self.spent, self.steps = state["spent"], list(state["steps"])


def train(
    data: Path,
    out: Path,
    recipe: Recipe,
    device: torch.device,
    *,
    fresh: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Train on ``data`` (a folder with ``mocap_train.npz`` and ``mocap_val.npz``) and write the weights to ``out``.

    The state is kept beside ``out`` every few minutes and when the work is stopped; a later call goes on from it
    unless ``fresh``. Returns the description stored with the weights. Raises PosewrightError for missing or
    unreadable data, Cancelled when ``progress`` stops it.
    """
    trainer = Trainer(recipe, load_motions(data / TRAIN_FILE), device)
    validation = load_motions(data / VALIDATION_FILE, balanced=False)
    kept = out.with_name(out.name + ".unfinished")
    if fresh:
        kept.unlink(missing_ok=True)
    elif kept.is_file():
        trainer.restore(_read_state(kept, device))
    try:
        for loss in _steps(trainer, kept):
            progress("train", trainer.done, f"loss {loss:.3f}, step {sum(trainer.steps)}")
    except (Cancelled, KeyboardInterrupt):
        _keep(trainer, kept)
        raise
    figures = {
        name: evaluate_network(network, validation.to(device), recipe.frames, recipe.stride_seconds)
        for name, network in (("lifter", trainer.mean), ("prior_alone", trainer.mean.prior))
    }
    header = describe(trainer, figures)
    save_weights(out, trainer.mean.state_dict(), header)
    kept.unlink(missing_ok=True)
    return header


def describe(trainer: Trainer, figures: dict[str, dict[str, Figures]]) -> dict[str, Any]:
    """Return the description that is stored in the weights."""
    recipe = trainer.recipe
    return {
        "architecture": "prior_tcpformer",
        "config": recipe.network(),
        "joints": list(LIFTER_JOINTS),
        "channels": list(CHANNELS),
        "frames": recipe.frames,
        "stride_seconds": recipe.stride_seconds,
        "licence": LICENCE,
        "training_data": TRAINING_DATA,
        "acknowledgement": ACKNOWLEDGEMENT,
        "training": {
            "recipe": recipe.as_json(),
            "steps": trainer.steps,
            "seconds": round(trainer.spent),
            "parameters": count_parameters(trainer.model),
        },
        "figures": {name: {k: v.as_json() for k, v in measured.items()} for name, measured in figures.items()},
    }


def _steps(trainer: Trainer, kept: Path) -> Iterator[float]:
    """Train to the end of the time; yield a loss smoothed over some hundred steps."""
    smooth: float | None = None
    saved = time.monotonic()
    while trainer.done < 1:
        loss = trainer.step()
        if not math.isfinite(loss):
            raise PosewrightError("The training diverged (its loss is no number); use a lower --learning-rate.")
        smooth = loss if smooth is None else smooth + 0.01 * (loss - smooth)
        if time.monotonic() - saved > SAVE_SECONDS:
            _keep(trainer, kept)
            saved = time.monotonic()
        yield smooth


def _keep(trainer: Trainer, kept: Path) -> None:
    partial = kept.with_name(f"{kept.name}.{os.getpid()}.part")
    try:
        torch.save(trainer.state(), partial)
        partial.replace(kept)
    except (OSError, RuntimeError) as error:
        raise PosewrightError(f"The state of the training cannot be written to {kept.parent}: {error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _read_state(kept: Path, device: torch.device) -> dict[str, Tensor]:
    try:
        return torch.load(kept, map_location=device, weights_only=True)
    except Exception as error:  # torch raises whatever its parts raise
        raise PosewrightError(f"{kept} is damaged; delete it or use --fresh to start anew.") from error
