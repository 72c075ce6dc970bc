"""The settings of a training, and which of them make no training."""

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from torch import nn

from ...errors import UsageError
from ..lifting.inputs import CHANNELS, LIFTER_JOINTS
from ..lifting.pose_prior import PriorLifter

PRECISIONS = ("auto", "float32", "bfloat16")
POSITIVE = ("minutes", "learning_rate", "stride_seconds", "validate_share", "mlp_ratio", "layer_scale")
AT_LEAST_ONE = (
    *("prior_windows", "prior_frames", "windows", "frames", "prior_width", "prior_blocks"),
    *("dim_feat", "n_layers", "num_heads", "warm_up_steps"),
)
NOT_NEGATIVE = (
    *("prior_steps", "joint_steps", "prior_late_rate", "time_gate", "prior_features"),
    *("uncertainty_weight", "weight_decay"),
)
SHARES = ("prior_share", "validate_share", "ema")


@dataclass(frozen=True)
class Recipe:
    """Settings of a training; the defaults are sizes that one CPU core can train.

    A training runs by the clock (``minutes``), or by steps when ``prior_steps`` or ``joint_steps`` are given.
    """

    minutes: float = 100.0
    prior_share: float = 0.38  # share of the time in which the per-frame prior learns alone
    prior_steps: int = 0  # the same by steps, which can be repeated exactly
    joint_steps: int = 0
    seed: int = 1
    precision: str = "auto"  # bfloat16 on CUDA, float32 elsewhere
    compile: bool = False
    start_from: str = ""  # weights to begin with
    freeze_prior: bool = False
    validate_share: float = 0.05  # of the whole training, from one validation to the next
    prior_windows: int = 128  # windows in a batch of the first part
    prior_frames: int = 2
    prior_width: int = 768
    prior_blocks: int = 3
    prior_late_rate: float = 0.3  # learning rate of the prior in the second part, relative to the rest
    windows: int = 24  # windows in a batch of the second part
    frames: int = 9
    stride_seconds: float = 0.1  # between the frames of a window, when lifting; training varies it
    dim_feat: int = 48
    n_layers: int = 2
    num_heads: int = 3
    mlp_ratio: float = 2.0
    layer_scale: float = 0.3
    time_position: bool = False
    time_gate: float = 1.0  # 0 lets ``time_position`` begin without effect, for weights that were trained without
    trajectory_prior: bool = True
    uncertainty: bool = True  # a fourth output, by which each joint says how sure it is
    uncertainty_weight: float = 0.1
    prior_features: int = 16  # numbers per joint that TCPFormer gets of the prior beyond its guess
    prior_gradient: bool = False  # whether TCPFormer's loss reaches the prior through them
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up_steps: int = 200
    ema: float = 0.998

    @property
    def by_steps(self) -> bool:
        """Whether steps, not minutes, say how long to train."""
        return self.prior_steps + self.joint_steps > 0

    @property
    def parts(self) -> tuple[bool, bool]:
        """Whether there is a first part (the prior alone) and a second (both)."""
        if self.by_steps:
            return self.prior_steps > 0, self.joint_steps > 0
        return self.prior_share > 0, self.prior_share < 1

    def check(self) -> None:
        """Raise UsageError for settings that make no network or no training."""
        for field in fields(self):
            value, name = getattr(self, field.name), field.name
            if isinstance(value, float) and not math.isfinite(value):
                raise UsageError(f"The setting {name} must be a finite number.")
            if name in POSITIVE and value <= 0:
                raise UsageError(f"The setting {name} must be more than 0.")
            if name in AT_LEAST_ONE and value < 1:
                raise UsageError(f"The setting {name} must be at least 1.")
            if name in NOT_NEGATIVE and value < 0:
                raise UsageError(f"The setting {name} must not be negative.")
            if name in SHARES and not 0 <= value <= 1:
                raise UsageError(f"The setting {name} must be between 0 and 1.")
        if self.dim_feat % self.num_heads:
            raise UsageError("The setting dim_feat must be a multiple of num_heads.")
        if self.precision not in PRECISIONS:
            raise UsageError(f"The setting precision must be one of {', '.join(PRECISIONS)}.")
        if self.freeze_prior and self.parts[0]:
            raise UsageError("A frozen prior cannot be trained: freeze_prior needs prior_share = 0, or no prior_steps.")

    def network(self) -> dict[str, Any]:
        """Return the keywords of ``PriorLifter``; options that are off are left out."""
        options = ("time_position", "trajectory_prior")
        outer = ("uncertainty", "prior_features", "prior_gradient")
        return {
            "prior_width": self.prior_width,
            "prior_blocks": self.prior_blocks,
            "tcpformer": {
                "n_layers": self.n_layers,
                "dim_in": len(CHANNELS),
                "dim_feat": self.dim_feat,
                "dim_rep": 4 * self.dim_feat,
                "dim_out": 3,
                "num_heads": self.num_heads,
                "n_frames": self.frames,
                "mlp_ratio": self.mlp_ratio,
                "layer_scale_init_value": self.layer_scale,
                "num_joints": len(LIFTER_JOINTS),
                "local_branch": False,  # a tenth of the time for an order of thirds of the window
                **{name: True for name in options if getattr(self, name)},
                **({"time_gate": self.time_gate} if self.time_position else {}),
            },
            **{name: value for name in outer if (value := getattr(self, name))},
        }

    def build(self) -> PriorLifter:
        """Return an untrained network; UsageError when the settings make none."""
        try:
            return PriorLifter(**self.network())
        except ValueError as error:
            raise UsageError(f"These settings make no network: {error}") from error

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain values; of files only the names."""
        return {**asdict(self), "start_from": Path(self.start_from).name}


def count_parameters(model: nn.Module) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in model.parameters())
