"""One TOML file a training: the settings of ``Recipe`` in sections."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from ...errors import UsageError
from .recipe import Recipe

SHIPPED: Final = Path(__file__).parent / "recipes"

SECTIONS: Final[dict[str, dict[str, str]]] = {
    "run": {
        key: key
        for key in (
            *("minutes", "prior_share", "prior_steps", "joint_steps", "seed", "precision", "compile"),
            *("start_from", "freeze_prior", "validate_share"),
        )
    },
    "prior": {
        "windows": "prior_windows",
        "frames": "prior_frames",
        "width": "prior_width",
        "blocks": "prior_blocks",
        "late_rate": "prior_late_rate",
    },
    "tcpformer": {
        key: key
        for key in (
            *("windows", "frames", "stride_seconds", "dim_feat", "n_layers", "num_heads", "mlp_ratio", "layer_scale"),
            *("time_position", "time_gate", "trajectory_prior", "uncertainty", "uncertainty_weight"),
            *("prior_features", "prior_gradient"),
        )
    },
    "optimiser": {key: key for key in ("learning_rate", "weight_decay", "warm_up_steps", "ema")},
}
"""Section -> key in the file -> field of ``Recipe``."""


def read_recipe(config: str, changes: Mapping[str, Any] | None = None) -> Recipe:
    """Return the checked settings of a shipped config (its name) or a TOML file (its path).

    ``changes`` go before the file's values. Raises UsageError with one sentence for whatever is wrong.
    """
    path = SHIPPED / f"{config}.toml"
    if not path.is_file():
        path = Path(config)
    try:
        stored = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        names = " or ".join(sorted(file.stem for file in SHIPPED.glob("*.toml")))
        raise UsageError(f"There is no config {config}; give {names}, or a TOML file that can be read.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The config {path.name} is no valid TOML: {error}.") from error
    values = _flat(stored, path.name)
    if values.get("start_from"):
        values["start_from"] = str(path.parent / values["start_from"])
    recipe = replace(Recipe(), **{**values, **(changes or {})})
    recipe.check()
    return recipe


def as_toml(recipe: Recipe) -> str:
    """Return the settings as a config file that ``read_recipe`` understands."""
    lines = []
    for section, keys in SECTIONS.items():
        lines += [f"[{section}]", *(f"{key} = {_literal(getattr(recipe, name))}" for key, name in keys.items()), ""]
    return "\n".join(lines)


def _flat(stored: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Check sections, keys and types; return fields of ``Recipe``."""
    kinds = {field.name: type(field.default) for field in fields(Recipe)}
    values = {}
    for section, content in stored.items():
        if section not in SECTIONS or not isinstance(content, dict):
            raise UsageError(f"{file} has no section for {section}; there are {_brackets(SECTIONS)}.")
        for key, value in content.items():
            name = SECTIONS[section].get(key)
            if name is None:
                raise UsageError(f"{file}: [{section}] has no setting {key}; there are {', '.join(SECTIONS[section])}.")
            kind = kinds[name]
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise UsageError(f"{file}: {key} in [{section}] must be {_KINDS[kind]}, not {json.dumps(str(value))}.")
            values[name] = kind(value)
    return values


_KINDS: Final = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def _brackets(names: Mapping[str, Any]) -> str:
    return ", ".join(f"[{name}]" for name in names)


def _literal(value: bool | int | float | str) -> str:
    return repr(value) if type(value) in (int, float) else json.dumps(value)  # of these JSON is TOML too
