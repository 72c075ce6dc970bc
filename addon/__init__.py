"""The user interface in Blender: panels, operators, preferences, and ``blender --command posewright``.

One package for each step of the work. What a module defines is registered by looking into it; there is no list of
classes to keep.
"""

from collections.abc import Iterator
from types import ModuleType

import bpy
from bpy.app.handlers import persistent
from bpy.types import AddonPreferences, FileHandler, Menu, Operator, Panel, PropertyGroup, Scene, UIList

from . import command, menus, preferences, properties, session
from .apply import operators as apply_operators
from .apply import panel as apply_panel
from .apply import properties as apply_properties
from .apply import slices
from .capture import operators as capture_operators
from .capture import panel as capture_panel
from .capture import properties as capture_properties
from .character import ask_operators, bone_picking, lighting, map_operators, map_panel, overlay, picking, rows, status
from .character import operators as character_operators
from .character import panel as character_panel
from .character import properties as character_properties
from .cleanup import again as cleanup_again
from .cleanup import contacts, live
from .cleanup import operators as cleanup_operators
from .cleanup import panel as cleanup_panel
from .cleanup import properties as cleanup_properties
from .footage import dropping, thumbnails
from .footage import operators as footage_operators
from .footage import panel as footage_panel
from .footage import properties as footage_properties
from .footage.picking import operators as picking_operators
from .jobs import keys, queue
from .jobs import operators as jobs_operators
from .runtime import operators as runtime_operators
from .takes import camera, paths, preview, review, store, wearing
from .takes import operators as takes_operators
from .takes import panel as takes_panel
from .takes import properties as takes_properties

MODULES = (
    footage_properties,
    capture_properties,
    cleanup_properties,
    takes_properties,
    rows,
    character_properties,
    apply_properties,
    properties,  # made of those before
    preferences,
    jobs_operators,
    footage_operators,
    picking_operators,
    dropping,
    capture_operators,
    takes_operators,
    camera,
    wearing,
    review,
    character_operators,
    picking,
    map_operators,
    ask_operators,
    bone_picking,
    apply_operators,
    live,
    cleanup_operators,
    cleanup_again,
    contacts,
    runtime_operators,
    footage_panel,  # the panels in the order of the work; a panel before those that lie in it
    capture_panel,
    takes_panel,
    character_panel,
    map_panel,
    apply_panel,
    cleanup_panel,
    menus,
)
KINDS = (PropertyGroup, AddonPreferences, Operator, Menu, UIList, Panel, FileHandler)


def register() -> None:
    """Add everything to Blender."""
    for cls in _classes():
        bpy.utils.register_class(cls)
    Scene.posewright = bpy.props.PointerProperty(type=properties.PosewrightScene)
    command.register()
    keys.register()
    paths.register()
    preview.register()
    wearing.register()
    slices.register()
    live.register()
    overlay.register()
    lighting.register()
    dropping.register()
    menus.register()
    bpy.app.handlers.load_pre.append(_another_file)


def unregister() -> None:
    """Stop what runs and take everything out of Blender again."""
    bpy.app.handlers.load_pre.remove(_another_file)
    menus.unregister()
    dropping.unregister()
    picking_operators.forget()
    thumbnails.forget()
    live.unregister()
    slices.unregister()
    lighting.unregister()
    overlay.unregister()
    wearing.unregister()
    preview.unregister()
    paths.unregister()
    keys.unregister()
    queue.stop()
    store.forget()
    status.forget()
    session.forget()
    command.unregister()
    del Scene.posewright
    for cls in reversed(list(_classes())):
        bpy.utils.unregister_class(cls)


@persistent
def _another_file(*_: object) -> None:
    """Forget the work for the file that is left."""
    queue.forget()
    live.forget()
    store.forget()
    status.forget()
    session.forget()


def _classes() -> Iterator[type]:
    for module in MODULES:
        yield from (value for value in vars(module).values() if _is_ours(value, module))


def _is_ours(value: object, module: ModuleType) -> bool:
    return isinstance(value, type) and issubclass(value, KINDS) and value.__module__ == module.__name__
