"""What is said about trained weights: in the header of their file, and on the model card beside it."""

from collections.abc import Mapping
from typing import Any

from ..lifting.inputs import CHANNELS, LIFTER_JOINTS
from .config import read_recipe
from .evaluate import Figures
from .recipe import Recipe, count_parameters
from .sources import Source, terms_of
from .trainer import Trainer

COLUMNS = {
    "pa_mpjpe_mm": "PA-MPJPE mm",
    "mpjpe_mm": "MPJPE mm",
    "n_mpjpe_mm": "N-MPJPE mm",
    "bone_degrees": "bones deg",
    "acceleration_mm": "acceleration mm",
}
"""Figures -> heading of their column."""


def describe(
    trainer: Trainer,
    figures: Mapping[str, Mapping[str, Figures]],
    sources: list[Source],
    best_step: int,
    origin: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the description that is stored in the weights.

    ``figures`` has a table for the whole ``lifter`` and one for the ``prior_alone``; ``best_step`` is the step whose
    weights are kept, ``origin`` the description of weights that were started from, or empty.
    """
    recipe = trainer.recipe
    started = {"started_from": {name: origin[name] for name in ("file", "share")}} if origin else {}
    return {
        "architecture": "prior_tcpformer",
        "config": recipe.network(),
        "joints": list(LIFTER_JOINTS),
        "channels": list(CHANNELS),
        "frames": recipe.frames,
        "stride_seconds": recipe.stride_seconds,
        **terms_of(sources, origin),
        "training": {
            "recipe": recipe.as_json(),
            "steps": trainer.schedule.steps,
            "best_step": best_step,
            "seconds": round(trainer.schedule.spent),
            "device": trainer.device.type,
            "precision": "bfloat16" if trainer.half else "float32",
            "parameters": count_parameters(trainer.model),
            **trainer.usage.as_json(),
            **started,
        },
        "figures": {name: {k: v.as_json() for k, v in measured.items()} for name, measured in figures.items()},
    }


def model_card(name: str, header: Mapping[str, Any], size: int) -> str:
    """Return the model card (Markdown) of a lifter of ours from the ``header`` of its file of ``size`` bytes."""
    sections = [
        f"# {name}\n\nLifts the 2D keypoints of one person to 3D poses. Written by `posewright train`.",
        _facts(header, size),
        _data(header),
        "## Training\n\n" + _training(header["training"]),
        _figures(header["figures"]),
        _limits(header["training"]),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _facts(header: Mapping[str, Any], size: int) -> str:
    config, former = header["config"], header["config"]["tcpformer"]
    extras = [key for source in (config, former) for key, value in source.items() if value is True]
    prior = f"per-frame residual network (width {config['prior_width']}, {config['prior_blocks']} blocks)"
    sizes = [f"{former['n_layers']} layers", f"{former['dim_feat']} features", f"{former['num_heads']} heads", *extras]
    values = f"{header['training']['parameters'] / 1e6:.2f} million values"
    rows = {
        "network": f"`PriorLifter`: {prior} and TCPFormer ({', '.join(sizes)}), {values}",
        "input": f"{len(header['joints'])} joints x ({', '.join(header['channels'])}), windows of {header['frames']} "
        f"frames, {header['stride_seconds']:g} s apart, seen by the virtual cameras of `core/lifting/inputs.py`",
        "output": f"{len(header['joints'])} joints relative to the pelvis, in units of the body's size",
        "file": f"safetensors, 16-bit matrices, {size / 1e6:.1f} MB; this description is in its header",
        "licence": header["licence"],
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in rows.items())])


def _data(header: Mapping[str, Any]) -> str:
    parts = header["training_data"].split("; ")
    text = "## Data\n\n" + "\n".join(f"* {part}" for part in parts)
    return "\n\n".join([text, *(header[key] for key in ("terms", "acknowledgement") if header.get(key))])


def _training(training: Mapping[str, Any]) -> str:
    recipe, (prior, joint) = training["recipe"], training["steps"]
    place = f"{training['seconds'] / 60:.0f} minutes on {training['device']} in {training['precision']}"
    first = f"{prior} steps of the per-frame network alone ({_batch(recipe['prior_windows'], recipe['prior_frames'])})"
    second = f"{joint} steps of both ({_batch(recipe['windows'], recipe['frames'])})"
    lines = [
        f"{place}, seed {recipe['seed']}: {first}, then {second}. The weights are the running mean "
        f"({recipe['ema']:g} a step) at step {training['best_step']}, the best by validation.",
        f"Making the data took {_percent(training['synthesis_share'])} of the time.",
    ]
    if training.get("gpu_busy_share") is not None:
        lines.append(f"The GPU was busy {_percent(training['gpu_busy_share'])} of it.")
    if origin := training.get("started_from"):
        lines.append(f"It began with {origin['share']:.0%} of its values from {origin['file']}.")
    options = ", ".join(f"{key} {value}" for key, value in recipe.items() if key in OPTIMISER)
    return " ".join(lines) + f"\n\nSettings of the optimiser: {options}. All settings are in the header."


OPTIMISER = ("learning_rate", "weight_decay", "warm_up_steps", "prior_late_rate", "layer_scale")


def _batch(windows: int, frames: int) -> str:
    return f"batches of {windows} windows of {frames} frames"


def _percent(share: float | None) -> str:
    return "an unknown share" if share is None else f"{100 * share:.0f} %"


def _figures(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    rows = [("whole network", kind, row) for kind, row in figures["lifter"].items()]
    rows += [("per-frame part alone", kind, row) for kind, row in figures.get("prior_alone", {}).items()]
    names = [key for key in COLUMNS if key in rows[0][2]]
    lines = [
        "| network | 2D input | " + " | ".join(COLUMNS[key] for key in names) + " |",
        "|---" * (len(names) + 2) + "|",
        *(f"| {who} | {kind} | " + " | ".join(f"{row[key]:.1f}" for key in names) + " |" for who, kind, row in rows),
    ]
    version = rows[0][2].get("evaluation")
    said = "Validation motion of other people and takes, random cameras (`posewright evaluate`"
    said += f", version {version:g} of the evaluation)" if version is not None else ")"
    return f"## Figures\n\n{said}. Comparable only with figures of the same version.\n\n" + "\n".join(lines)


def _limits(training: Mapping[str, Any]) -> str:
    """Say what a run on a GPU would change; nothing when there was one."""
    if training["device"] == "cuda":
        return ""
    full, used = read_recipe("gpu"), training["recipe"]
    return (
        "## What a GPU would change\n\n"
        f"These weights were trained on {training['device']}. `posewright train --config gpu` trains TCPFormer in its "
        f"full size: {_size(full)}, instead of {used['n_layers']} layers, {used['dim_feat']} features and windows of "
        f"{used['frames']} frames; each of its steps sees {full.windows * full.frames} frames instead of "
        f"{used['windows'] * used['frames']}. Every longer training on a CPU was more accurate, so it should be too; "
        "how much is not measured."
    )


def _size(recipe: Recipe) -> str:
    return f"{recipe.n_layers} layers, {recipe.dim_feat} features and windows of {recipe.frames} frames"
