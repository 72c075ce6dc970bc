"""The sidebar of the 3D view, tab "Posewright"."""

import textwrap

from bpy.types import Context, Panel, UILayout

from . import session

POINTS_PER_LETTER = 7.5  # of the usual font, to break notes into lines


class SidebarPanel:
    """Where our panels lie."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Posewright"


class POSEWRIGHT_PT_animate(SidebarPanel, Panel):
    """From a video to a moving character."""

    bl_idname = "POSEWRIGHT_PT_animate"
    bl_label = "Animate from Video"

    def draw(self, context: Context) -> None:
        """Draw the choices, the button or the progress, and what is to be said."""
        settings = context.scene.posewright
        layout = self.layout
        column = layout.column()
        column.label(text="Video of One Person", icon="FILE_MOVIE")
        column.prop(settings, "clip", text="")
        column.label(text="Character", icon="ARMATURE_DATA")
        row = column.row(align=True)
        row.prop(settings, "armature", text="")
        row.operator("posewright.add_mannequin", text="", icon="ADD")
        column.separator()
        column.row().prop(settings, "quality", expand=True)
        column.prop(settings, "height")
        column.separator()
        running = session.runs("capture")
        if running is None:
            button = column.row()
            button.scale_y = 1.5
            button.operator("posewright.animate_video", icon="PLAY")
        else:
            column.progress(factor=running.job.done, text=running.text)
            column.operator("posewright.cancel", icon="CANCEL", text="Cancel (Esc)")
        draw_notes(column, session.state.notes, context.region.width / context.preferences.system.ui_scale)


class POSEWRIGHT_PT_options(SidebarPanel, Panel):
    """What is seldom changed."""

    bl_idname = "POSEWRIGHT_PT_options"
    bl_parent_id = "POSEWRIGHT_PT_animate"
    bl_label = "Options"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        settings = context.scene.posewright
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(settings, "smooth")
        smoother = layout.column()
        smoother.active = settings.smooth > 0
        smoother.prop(settings, "filter")
        layout.prop(settings, "camera")
        field = layout.column()
        field.active = settings.camera != "scene"  # which has a lens of its own
        field.prop(settings, "fov")
        layout.prop(settings, "use_range")
        part = layout.column(align=True)
        part.active = settings.use_range
        part.prop(settings, "start")
        part.prop(settings, "end")


class POSEWRIGHT_PT_character(SidebarPanel, Panel):
    """How a take is put on the character."""

    bl_idname = "POSEWRIGHT_PT_character"
    bl_parent_id = "POSEWRIGHT_PT_animate"
    bl_label = "Character Options"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the choices."""
        settings = context.scene.posewright
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("feet", "drive", "hands_meet", "fingers", "root", "place", "map_file"):
            layout.prop(settings, name)
        layout.separator()
        for name in ("frame_start", "nla", "reduce", "interpolation"):
            layout.prop(settings, name)


class POSEWRIGHT_PT_take(SidebarPanel, Panel):
    """The captured motion: save it, or put it on another character."""

    bl_idname = "POSEWRIGHT_PT_take"
    bl_label = "Take"

    def draw(self, context: Context) -> None:
        """Draw the last take and what can be done with takes."""
        layout = self.layout
        take = session.state.take
        if take is None:
            layout.label(text="No take yet", icon="ANIM")
        else:
            seconds = take.frames / take.fps
            layout.label(text=f"{session.state.take_name}: {seconds:.1f} s, {take.frames} frames", icon="ANIM")
            row = layout.row(align=True)
            row.operator("posewright.apply_last_take")
            row.operator("posewright.save_take", text="Save Take...")
        layout.operator("posewright.apply_take", text="Apply Take from File...", icon="FILE_FOLDER")
        row = layout.row(align=True)
        row.prop(context.scene.posewright, "source", text="", icon="ARMATURE_DATA")
        row.operator("posewright.apply_from_armature", text="Apply Its Motion")


class POSEWRIGHT_PT_contacts(SidebarPanel, Panel):
    """When the feet stand: change it, and apply the take again."""

    bl_idname = "POSEWRIGHT_PT_contacts"
    bl_parent_id = "POSEWRIGHT_PT_take"
    bl_label = "Contacts"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Context) -> None:
        """Draw the buttons for the dope sheet, and one for each foot on the ground and in the air."""
        layout = self.layout
        row = layout.row(align=True)
        row.operator("posewright.edit_contacts", icon="ACTION")
        row.operator("posewright.apply_contacts", icon="FILE_REFRESH")
        scene = context.scene
        if scene.use_preview_range:
            frames = f"Frames {scene.frame_preview_start} to {scene.frame_preview_end}"
        else:
            frames = f"Frame {scene.frame_current}"
        layout.label(text=frames, icon="PREVIEW_RANGE")
        for foot in ("left", "right"):
            row = layout.row(align=True)
            row.label(text=f"{foot.title()} Foot")
            row.operator("posewright.foot_stands", text="Stands").foot = foot
            row.operator("posewright.foot_in_air", text="In the Air").foot = foot


def draw_notes(layout: UILayout, notes: list[str], width: float) -> None:
    """Draw sentences, broken into lines that fit the width in points."""
    if not notes:
        return
    box = layout.box().column(align=True)
    for note in notes:
        for number, line in enumerate(textwrap.wrap(note, max(16, int(width / POINTS_PER_LETTER) - 8))):
            box.label(text=line, icon="INFO" if number == 0 else "BLANK1")
