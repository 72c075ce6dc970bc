"""The first panel: the footage."""

from pathlib import Path

from bpy.types import Context, Panel, UILayout

from ...core.sequence import is_picture, name_of
from ...errors import PosewrightError
from ...rigging.blender.cameras import scene_rate
from ..notes import draw_notes
from ..panels import SidebarPanel
from ..scenes import linked_words
from . import thumbnails
from .facts import facts_words, span_words
from .picking.operators import person_words
from .properties import ANYBODY, PosewrightFootage
from .source import Footage, facts_of, footage_of
from .timeline import Shown

PICTURE = 4.4  # units of the interface that the small picture is high


class POSEWRIGHT_PT_footage(SidebarPanel, Panel):
    """The video, which part of it, and who in it."""

    bl_idname = "POSEWRIGHT_PT_footage"
    bl_label = "Footage"
    bl_order = 1

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        footage = context.scene.posewright.footage
        column = self.layout.column()
        if linked := linked_words(context.scene):
            draw_notes(column, [linked], context, icon="LINKED")
            return
        column.row(align=True).prop(footage, "source", expand=True)
        _draw_choice(column, footage)
        if not footage.facts_of:
            return
        try:
            used, problem = footage_of(context.scene), ""
        except PosewrightError as error:
            used, problem = None, str(error)
        _draw_facts(column, footage)
        if is_picture(Path(footage.facts_of)):
            column.prop(footage, "rate")
        if problem:
            draw_notes(column, [problem], context, icon="ERROR")
        if used is not None and used.shown is not None and not used.shown.plays_true(context.scene):
            _draw_rates(column, context, used.shown)
        _draw_part(column, footage, used, context)
        _draw_person(column, footage)


def _draw_choice(layout: UILayout, footage: PosewrightFootage) -> None:
    if footage.source == "CLIP":
        layout.template_ID(footage, "movie_clip", open="clip.open")
    elif footage.source == "STRIP":
        layout.prop(footage, "strip", text="", icon="SEQUENCE")
    else:
        layout.prop(footage, "clip", text="", placeholder="Video of One Person")


def _draw_facts(layout: UILayout, footage: PosewrightFootage) -> None:
    """Draw the small picture, and beside it what is known about the video."""
    facts = facts_of(footage.id_data)
    if facts is None:
        return
    box = layout.box()
    icon = thumbnails.icon_of(footage.facts_of)
    row = box.split(factor=0.44) if icon else box.row()
    if icon:
        row.template_icon(icon_value=icon, scale=PICTURE)
    words = row.column(align=True)
    words.scale_y = 0.85
    words.separator(factor=1.2 if icon else 0.0)
    words.label(text=name_of(Path(footage.facts_of)))
    for text in facts_words(facts):
        words.label(text=text)


def _draw_rates(layout: UILayout, context: Context, shown: Shown) -> None:
    """Say that the timeline shows the video faster or slower than it was filmed, and offer the cure if there is one."""
    facts, scene = facts_of(context.scene), scene_rate(context.scene)
    assert facts is not None
    if shown.shows_each_frame(facts):
        note = f"Filmed at {facts.fps:.5g} frames a second, shown at {scene:.5g}; the motion keeps its true speed"
        draw_notes(layout, [note], context)
        layout.operator("posewright.match_frame_rate", icon="TIME")
    else:
        note = f"The strip plays at {100 * scene / shown.rate:.4g} % of the speed; the motion keeps its true speed"
        draw_notes(layout, [note], context)


def _draw_part(layout: UILayout, footage: PosewrightFootage, used: Footage | None, context: Context) -> None:
    row = layout.row(align=True)
    row.prop(footage, "use_range")
    facts = facts_of(footage.id_data)
    if used is not None and facts is not None and (used.start is not None or used.end is not None):
        length = (facts.seconds if used.end is None else min(used.end, facts.seconds)) - (used.start or 0.0)
        aside = row.row()
        aside.alignment = "RIGHT"
        aside.label(text=f"uses {span_words(max(length, 0.0))}")
    if not footage.use_range:
        return
    times = layout.row(align=True)
    _draw_time(times, footage, "start", "IN")
    _draw_time(times, footage, "end", "OUT")
    if footage.source != "FILE" and context.scene.use_preview_range:
        layout.operator("posewright.footage_range", text="From Preview Range", icon="PREVIEW_RANGE").part = "PREVIEW"


def _draw_time(layout: UILayout, footage: PosewrightFootage, name: str, part: str) -> None:
    row = layout.row(align=True)
    row.prop(footage, name)
    if footage.source != "FILE":
        row.operator(
            "posewright.footage_range", text="", icon="TRIA_RIGHT_BAR" if part == "IN" else "TRIA_LEFT_BAR"
        ).part = part


def _draw_person(layout: UILayout, footage: PosewrightFootage) -> None:
    row = layout.row(align=True)
    row.operator("posewright.pick_person", text=person_words(footage.person), icon="EYEDROPPER")
    if footage.person != ANYBODY:
        row.operator("posewright.clear_person", text="", icon="X")
