"""A take in the list of a file."""
# pyright: reportInvalidTypeForm=false

import bpy
from bpy.props import BoolProperty, CollectionProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import PropertyGroup

from ..cleanup.properties import PosewrightEdit
from ..files import FILE_OPTIONS


def _unique_name(item: "PosewrightTake", context: bpy.types.Context) -> None:
    """Make the name one that no other take of the scene has, as Blender does with data-blocks."""
    others = {other.name for other in item.id_data.posewright.takes if other.uid != item.uid}
    name = unique_name(item.name.strip() or "Take", others)
    if name != item.name:
        item["name"] = name


def unique_name(name: str, others: set[str]) -> str:
    """Return the name, with a number such as .001 behind it where there is one already."""
    if name not in others:
        return name
    stem, _, number = name.rpartition(".")
    stem = stem if stem and number.isdigit() else name
    k = 1
    while f"{stem}.{k:03}" in others:
        k += 1
    return f"{stem}.{k:03}"


class PosewrightTake(PropertyGroup):
    """A take of this file: the captured motion, and where it came from."""

    name: StringProperty(
        name="Name", description="The take's name; actions made of it are named so too", update=_unique_name
    )
    uid: StringProperty(options={"HIDDEN"})  # what actions remember
    text: PointerProperty(type=bpy.types.Text, options={"HIDDEN"})  # the whole take, as it was captured
    frames: IntProperty(name="Frames", options={"HIDDEN"})
    fps: FloatProperty(name="Frames a Second", options={"HIDDEN"})
    clip: StringProperty(
        name="Video", description="The video that it was captured from", subtype="FILE_PATH", options=FILE_OPTIONS
    )
    settings: StringProperty(options={"HIDDEN"})  # of the capture, as JSON
    frame_start: FloatProperty(options={"HIDDEN"}, default=1.0)  # of the scene, where the motion begins
    edits: CollectionProperty(type=PosewrightEdit)
    edit_index: IntProperty(name="Edit", description="The edit that is chosen", options=set())
    contacts: StringProperty(options={"HIDDEN"})  # changes of contacts: edits as JSON
    smooth: FloatProperty(options={"HIDDEN"})  # strength of the filter over time, at first that of the capture
    filter: StringProperty(options={"HIDDEN"})  # its name
    is_new: BoolProperty(options={"HIDDEN"})  # it was captured, and nobody has chosen or played it since
    notes: StringProperty(options={"HIDDEN"})  # what the capture wants to be known, one sentence a line
