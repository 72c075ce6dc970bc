"""The editor of the bone map: the parts of a body, the bone of each, and how sure it is."""

from bpy.types import Context, Menu, Panel, UILayout

from ...errors import PosewrightError
from ...rigging.maps.judgement import DOUBTFUL
from ...rigging.maps.parts import FINGERS, LIMBS, MIDDLE, SIDES, TWISTS, core_of
from ..panels import SidebarPanel
from .asking import asked_part
from .choice import find_character, has_character
from .own_maps import own_map
from .rows import END, SHORT
from .status import Status, status_of
from .suggestions import draw_suggestions
from .words import title

CHAINS = ("neck", *FINGERS)
"""Parts whose last bone is shown where they have several: that of limbs, with their twist bones, only when set."""

LABEL_SHARE = 0.37  # of the width
GROUPS = (
    ("Middle", MIDDLE),
    ("Left Arm", tuple(f"left_{part}" for part in LIMBS[:4])),
    ("Right Arm", tuple(f"right_{part}" for part in LIMBS[:4])),
    ("Left Leg", tuple(f"left_{part}" for part in LIMBS[4:])),
    ("Right Leg", tuple(f"right_{part}" for part in LIMBS[4:])),
)


class POSEWRIGHT_MT_map(Menu):
    """What is done with a whole map."""

    bl_idname = "POSEWRIGHT_MT_map"
    bl_label = "Bone Map"

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        layout = self.layout
        layout.operator("posewright.mirror_map", text="Mirror Left to Right", icon="MOD_MIRROR").source = "left"
        layout.operator("posewright.mirror_map", text="Mirror Right to Left").source = "right"
        layout.operator("posewright.check_map", icon="VIEWZOOM")
        layout.separator()
        layout.operator("posewright.load_map", text="Load Map...", icon="IMPORT")
        layout.operator("posewright.save_map", text="Save Map...", icon="EXPORT")
        layout.separator()
        layout.operator("posewright.remember_map", icon="BOOKMARKS")
        layout.operator("posewright.forget_map")


class POSEWRIGHT_PT_map(SidebarPanel, Panel):
    """Which bone is which part of the body."""

    bl_idname = "POSEWRIGHT_PT_map"
    bl_parent_id = "POSEWRIGHT_PT_character"
    bl_label = "Bone Map"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only with a character."""
        return has_character(context)

    def draw(self, context: Context) -> None:
        """Draw the buttons, and a row for each part."""
        obj = find_character(context)
        character = context.scene.posewright.character
        column = self.layout.column()
        row = column.row(align=True)
        row.operator("posewright.find_bones", icon="FILE_REFRESH")
        row.prop(character, "show_map", text="", icon="HIDE_OFF" if character.show_map else "HIDE_ON")
        row.menu("POSEWRIGHT_MT_map", text="", icon="DOWNARROW_HLT")
        if obj is None:
            return
        try:
            status = status_of(context.scene, obj)
        except PosewrightError:
            return  # said in the panel above
        stated = set(own_map(context.scene, obj))
        for heading, parts in GROUPS:
            group = column.column(align=True)
            group.label(text=heading)
            for part in parts:
                _draw_part(group, part, status, stated, context)
        _draw_folded(column, "show_fingers", FINGERS, status, stated, context)
        _draw_folded(column, "show_twists", TWISTS, status, stated, context)


def _draw_folded(
    layout: UILayout,
    name: str,
    cores: tuple[str, ...],
    status: Status,
    stated: set[str],
    context: Context,
) -> None:
    """Draw parts that are seldom changed, when somebody has unfolded them."""
    character = context.scene.posewright.character
    is_open = getattr(character, name)
    row = layout.row()
    row.alignment = "LEFT"
    row.prop(character, name, icon="DOWNARROW_HLT" if is_open else "RIGHTARROW", emboss=False)
    if is_open:
        for side in SIDES:
            group = layout.column(align=True)
            group.label(text=side.title())
            for core in cores:
                _draw_part(group, f"{side}_{core}", status, stated, context)


def _draw_part(layout: UILayout, part: str, status: Status, stated: set[str], context: Context) -> None:
    """Draw a part: how sure it is, its name, its bone or bones, and a button that takes the active bone.

    Bones go without what all names begin with: at the usual width nothing else would be seen of them.
    """
    bones = context.scene.posewright.character.bones
    split = layout.split(factor=LABEL_SHARE, align=True)
    label = split.row(align=True)
    label.operator("posewright.pin_bone", text="", icon=_icon(part, status, stated), emboss=False).part = part
    label.label(text=title(part, side=False))
    row = split.row(align=True)
    row.prop(bones, part + SHORT, text="")
    if context.mode == "POSE":  # elsewhere no bone is seen to be the active one
        row.operator("posewright.set_bone", text="", icon="RESTRICT_SELECT_OFF").part = part
    is_asked = asked_part(context.scene) == part and not context.scene.posewright.character.one_by_one
    row.operator("posewright.suggest_bones", text="", icon="LIGHT", depress=is_asked).part = part
    if is_asked:
        split = layout.split(factor=LABEL_SHARE, align=True)
        split.label()
        draw_suggestions(split, part, status)
    count = len(status.map.bones.get(part, ()))
    if (count and part == "spine") or (count > 1 and (core_of(part) in CHAINS or part in stated)):
        split = layout.split(factor=LABEL_SHARE, align=True)
        words = split.row()
        words.alignment = "RIGHT"
        words.label(text="to")
        row = split.row(align=True)
        row.prop(bones, part + END + SHORT, text="")
        for _ in range(2 if context.mode == "POSE" else 1):
            row.label(text="", icon="BLANK1")


def _icon(part: str, status: Status, stated: set[str]) -> str:
    if part in stated:
        return "PINNED"
    if part not in status.map.bones:
        return "REMOVE"
    return "CHECKMARK" if status.map.confidence.get(part, 1.0) >= DOUBTFUL else "QUESTION"
