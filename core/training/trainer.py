"""One step of training after another: batches made on the device, mixed precision, a running mean of the weights."""

import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from ...errors import PosewrightError
from ..lifting.checkpoints import load_checkpoint
from ..lifting.inputs import predict_with_spread
from .draw import Draw
from .losses import pose_loss, uncertainty_loss
from .motions import Motions
from .recipe import Recipe
from .schedule import Schedule
from .synthesis import Batch, SynthesisSettings, make_batch
from .timing import TIME_EVERY, Stopwatch, Usage

CLIP_GRADIENT = 1.0
RESUMABLE = ("minutes", "validate_share")
"""Settings that may change when an unfinished training goes on."""


class Trainer:
    """A network, its running mean, its optimiser and its random numbers; ``step`` learns from one batch."""

    def __init__(self, recipe: Recipe, motions: Motions, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.device = device
        self.motions = motions.to(device)
        self.draw = Draw(recipe.seed, device)
        self.schedule = Schedule(recipe)
        self.synthesis = SynthesisSettings()
        self.usage = Usage()
        self.model = recipe.build().to(device)
        self.mean = recipe.build().to(device).requires_grad_(False)
        self.mean.load_state_dict(self.model.state_dict())
        self.model.prior.requires_grad_(not recipe.freeze_prior)
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.model.prior.parameters())},
                {"params": list(self.model.tcpformer.parameters())},
            ],
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self._networks: list[nn.Module] = [self.model.prior, self.model]
        self._trained = [[p for p in network.parameters() if p.requires_grad] for network in self._networks]
        self._averaged: list[list[Tensor]] = [list(network.parameters()) for network in self._networks]
        self._means: list[list[Tensor]] = [list(network.parameters()) for network in (self.mean.prior, self.mean)]
        if recipe.compile:
            self._networks = [torch.compile(network) for network in self._networks]  # pyright: ignore
        self.half = recipe.precision == "bfloat16" or (recipe.precision == "auto" and device.type == "cuda")

    def step(self) -> Tensor:
        """Learn from one batch and return its loss, still on the device: reading it waits for the device."""
        started = time.monotonic()
        part, _ = self.schedule.part()
        for group, rate in zip(self.optimizer.param_groups, self.schedule.rates(), strict=True):
            group["lr"] = rate
        watch = Stopwatch(self.device) if sum(self.schedule.steps) % TIME_EVERY == TIME_EVERY // 2 else None
        if watch:
            watch.mark()
        batch = self._batch(part)
        if watch:
            watch.mark()
        self.optimizer.zero_grad(set_to_none=True)
        loss = self._loss(part, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self._trained[part], CLIP_GRADIENT)
        self.optimizer.step()
        self.schedule.steps[part] += 1
        self._update_mean(part)
        if watch:
            watch.mark()
            synthesis, learning = watch.seconds()
            self.usage.synthesis += synthesis
            self.usage.steps += synthesis + learning
        self.schedule.seconds[part] += time.monotonic() - started
        return loss.detach()

    def _batch(self, part: int) -> Batch:
        recipe = self.recipe
        size = (recipe.windows, recipe.frames) if part else (recipe.prior_windows, recipe.prior_frames)
        return make_batch(self.motions, self.draw, self.synthesis, *size)

    def _loss(self, part: int, batch: Batch) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            poses, spread = predict_with_spread(self._networks[part], batch.inputs, batch.times)
        loss = pose_loss(poses.float(), batch.targets)
        if spread is not None:
            certainty = uncertainty_loss(poses.float(), batch.targets, spread.float())
            loss = loss + self.recipe.uncertainty_weight * certainty
        return loss

    @torch.no_grad()
    def _update_mean(self, part: int) -> None:
        # early on, or when its part begins, the mean forgets faster, or it would hold the untrained weights
        steps = self.schedule.steps
        count = steps[1] + 1 if part else sum(steps)
        keep = min(self.recipe.ema, (1 + count) / (10 + count))
        get_ema_multi_avg_fn(keep)(self._means[part], self._averaged[part], count)

    def validated(self) -> nn.Module:
        """Return the network with mean weights that the current part trains."""
        return self.mean if self.schedule.part()[0] else self.mean.prior

    def start_from(self, path: Path) -> tuple[float, dict[str, Any]]:
        """Take over the tensors of a lifter of ours that fit by name and shape; must come before the first step.

        Returns the share of this network's values that were found, and the description of that lifter. Raises
        PosewrightError when it is none of ours, or nothing fits.
        """
        checkpoint = load_checkpoint(path)
        if checkpoint.architecture != "prior_tcpformer":
            raise PosewrightError(
                f"{path.name} cannot be started from: only lifters trained by Posewright can, "
                "as the terms of other weights would bind the new ones."
            )
        own = self.model.state_dict()
        fitting = {k: v for k, v in checkpoint.state.items() if k in own and own[k].shape == v.shape}
        if not fitting:
            raise PosewrightError(f"{path.name} has no tensor that fits this network; use the sizes that it has.")
        for network in (self.model, self.mean):
            network.load_state_dict(fitting, strict=False)
        share = sum(own[name].numel() for name in fitting) / sum(value.numel() for value in own.values())
        return share, checkpoint.metadata

    def state(self) -> dict[str, Any]:
        """Return all that ``restore`` needs to go on as if there had been no stop."""
        return {
            "recipe": self.recipe.as_json(),
            "device": self.device.type,
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "draw": self.draw.generator.get_state(),
            "seconds": list(self.schedule.seconds),
            "steps": list(self.schedule.steps),
            "usage": self.usage.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a stored state; PosewrightError when it is of another device or other settings."""
        stored = {**Recipe().as_json(), **state["recipe"]}  # a setting that is newer than the state was at its default
        changed = [k for k, v in self.recipe.as_json().items() if stored[k] != v and k not in RESUMABLE]
        if changed:
            raise PosewrightError(
                f"The unfinished training beside the output has other settings ({', '.join(changed)}); "
                "use those, or start anew with --fresh."
            )
        if state["device"] != self.device.type:
            raise PosewrightError(
                f"The unfinished training beside the output ran on {state['device']}; go on with "
                f"--device {state['device']}, or start anew with --fresh."
            )
        self.model.load_state_dict(state["model"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.draw.generator.set_state(state["draw"].cpu())  # such states live on the CPU
        self.schedule.seconds, self.schedule.steps = list(state["seconds"]), list(state["steps"])
        self.usage = Usage(**state.get("usage", {}))
