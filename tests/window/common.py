"""What several stories ask Blender about."""

import sys
from typing import Any

from window.desk import MODULE


def module(name: str) -> Any:
    """Return a module of the extension as it runs here."""
    return sys.modules[f"{MODULE}.{name}"]


def jobs() -> list[Any]:
    """Return the jobs of the add-on, the one that runs first."""
    return module("addon.jobs.queue").jobs()


def keyed(obj: Any) -> bool:
    """Return whether an object has an action of its own."""
    return obj is not None and obj.animation_data is not None and obj.animation_data.action is not None
