"""Posewright: film a person, animate a rig.

One tree is both the pip package ``posewright`` and the Blender extension of the same name.
Nothing heavy is imported here: Blender calls ``register`` and only then is the add-on loaded.
"""

__version__ = "0.1.0"


def register() -> None:
    """Register the Blender user interface (called by Blender when the extension is enabled)."""
    from . import addon

    addon.register()


def unregister() -> None:
    """Remove everything that ``register`` added."""
    from . import addon

    addon.unregister()
