"""The user interface in Blender: panel, operators, preferences, and ``blender --command posewright``.

What a module defines is registered by looking into it; there is no list of classes to keep.
"""

from collections.abc import Iterator
from types import ModuleType

import bpy
from bpy.types import AddonPreferences, Operator, Panel, PropertyGroup, Scene

from . import capture, check, command, contacts, panels, preferences, session, settings, takes

MODULES = (settings, preferences, capture, takes, contacts, check, panels)
KINDS = (PropertyGroup, AddonPreferences, Operator, Panel)


def register() -> None:
    """Add everything to Blender."""
    for cls in _classes():
        bpy.utils.register_class(cls)
    Scene.posewright = bpy.props.PointerProperty(type=settings.PosewrightSettings)
    command.register()


def unregister() -> None:
    """Stop what runs and take everything out of Blender again."""
    session.stop()
    command.unregister()
    del Scene.posewright
    for cls in reversed(list(_classes())):
        bpy.utils.unregister_class(cls)


def _classes() -> Iterator[type]:
    for module in MODULES:
        yield from (value for value in vars(module).values() if _is_ours(value, module))


def _is_ours(value: object, module: ModuleType) -> bool:
    return isinstance(value, type) and issubclass(value, KINDS) and value.__module__ == module.__name__
