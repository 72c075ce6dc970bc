"""The settings of a training and the state that it can be resumed from."""

from dataclasses import asdict, dataclass
from typing import Any

from torch import nn

from ..lifting.inputs import CHANNELS, LIFTER_JOINTS
from ..lifting.pose_prior import PriorLifter


@dataclass(frozen=True)
class Recipe:
    """Settings of a training; sizes are those of the shipped lifter, which one CPU core can train."""

    minutes: float = 60.0
    prior_share: float = 0.45  # share of the time in which the per-frame prior learns alone
    prior_windows: int = 96  # windows in a batch of the first part
    prior_frames: int = 3
    windows: int = 20  # windows in a batch of the second part
    frames: int = 9
    stride_seconds: float = 0.1  # between the frames of a window, when lifting; training varies it
    learning_rate: float = 1e-3
    prior_late_rate: float = 0.3  # learning rate of the prior in the second part, relative to the rest
    weight_decay: float = 0.01
    ema: float = 0.998
    seed: int = 1
    prior_width: int = 768
    prior_blocks: int = 3
    dim_feat: int = 48
    n_layers: int = 2
    num_heads: int = 3
    mlp_ratio: float = 2.0
    layer_scale: float = 0.3

    def network(self) -> dict[str, Any]:
        """Return the keywords of ``PriorLifter``."""
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
            },
        }

    def build(self) -> PriorLifter:
        """Return an untrained network."""
        return PriorLifter(**self.network())

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)


def count_parameters(model: nn.Module) -> int:
    """Return the number of trained values."""
    return sum(parameter.numel() for parameter in model.parameters())
