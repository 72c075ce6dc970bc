"""Single values of an armature by their data path: custom properties and settings of bones."""

import re
from typing import Any, Final

import bpy
from bpy.types import Object

_PATH: Final = re.compile(r'^(?:pose\.bones\["((?:[^"\\]|\\.)*)"\])?(?:\["((?:[^"\\]|\\.)*)"\]|\.(\w+))$')


def property_path(bone: str | None, name: str, *, custom: bool = True) -> str:
    """Return the data path, seen from the object, of a property of a bone (None: of the object itself)."""
    own = f'["{bpy.utils.escape_identifier(name)}"]' if custom else f".{name}"
    return own if bone is None else f'pose.bones["{bpy.utils.escape_identifier(bone)}"]{own}'


def get_property(obj: Object, path: str) -> Any:
    """Return the value at a path as ``property_path`` gives it."""
    owner, name, custom = _resolve(obj, path)
    return owner[name] if custom else getattr(owner, name)


def set_property(obj: Object, path: str, value: float) -> None:
    """Set the value at a path, in the type that it has."""
    owner, name, custom = _resolve(obj, path)
    if custom:
        owner[name] = type(owner[name])(value)
    else:
        setattr(owner, name, type(getattr(owner, name))(value))


def _resolve(obj: Object, path: str) -> tuple[Any, str, bool]:
    found = _PATH.match(path)
    if found is None:
        raise ValueError(f"no path of a property: {path}")
    bone, custom, name = found.groups()
    owner = obj if bone is None else obj.pose.bones[bpy.utils.unescape_identifier(bone)]
    return owner, name or bpy.utils.unescape_identifier(custom), name is None
