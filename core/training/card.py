"""What is said about trained weights: in the header of their file, and on the model card beside it."""

from collections.abc import Mapping
from typing import Any

from ..lifting.inputs import CHANNELS, LIFTER_JOINTS
from .evaluate import Figures
from .recipe import count_parameters
from .trainer import Trainer

LICENCE = "GPL-3.0-or-later"
ACKNOWLEDGEMENT = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
TRAINING_DATA = (
    "CMU Graphics Lab Motion Capture Database (may be included in products that are sold; not to be resold as data), "
    "Mesh2Motion and KayKit animations (CC0); 2D keypoints are synthetic"
)


def describe(
    trainer: Trainer, figures: Mapping[str, Mapping[str, Figures]], best_step: int, origin: Mapping[str, Any]
) -> dict[str, Any]:
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
            "steps": trainer.schedule.steps,
            "best_step": best_step,
            "seconds": round(trainer.schedule.spent),
            "device": trainer.device.type,
            "precision": "bfloat16" if trainer.half else "float32",
            **trainer.usage.as_json(),
            "parameters": count_parameters(trainer.model),
            **({"started_from": dict(origin)} if origin else {}),
        },
        "figures": {name: {k: v.as_json() for k, v in measured.items()} for name, measured in figures.items()},
    }
