"""The buttons of the preferences: set up, check, copy what was found, remove."""
# pyright: reportInvalidTypeForm=false

import textwrap

import bpy
from bpy.props import EnumProperty
from bpy.types import Context, Event, Operator, UILayout

from ...cli.runtime.builds import Build, choose
from ...cli.runtime.choice import Runtime
from ...cli.runtime.folder import tree_size
from ...cli.runtime.graphics import Graphics, find_graphics
from ...cli.runtime.trouble import not_allowed
from ...errors import PosewrightError
from .. import choices, session
from ..jobs import queue
from ..jobs.job import Job
from ..reports import reported_when_invoked
from . import state, work

DIALOG_WIDTH = 440
DIALOG_LETTERS = 62  # in a line of it
MEGA = 1e6
GRAPHICS_SECONDS = 3.0  # for which the dialog waits for the NVIDIA driver's answer

BUILDS = (
    ("auto", "Automatic", "For the NVIDIA graphics card when there is one, else for the processor"),
    ("cpu", "Processor", "The smallest; works on every computer, and takes minutes where a card takes seconds"),
    ("cuda", "NVIDIA", "For NVIDIA graphics cards; large"),
)


def _do(operator: Operator, job: Job, context: Context, asked: bool) -> set[str]:
    """Queue the job when somebody pressed the button, else wait for its end, as a script expects."""
    session.state.error = ""
    try:
        if asked and not bpy.app.background:
            queue.add(job)
            return {"FINISHED"}
        operator.report({"INFO"}, queue.run_now(job, context))
    except PosewrightError as error:
        if job.failed is not None:
            job.failed(str(error))
        operator.report({"ERROR"}, str(error))
        return {"CANCELLED"}
    finally:
        state.forget()
    return {"FINISHED"}


class POSEWRIGHT_OT_set_up(Operator):
    """Fetch the libraries that analyse videos into a folder of their own; Blender itself is not changed"""

    bl_idname = "posewright.set_up"
    bl_label = "Set Up Posewright"
    bl_options = {"INTERNAL"}

    _asked = False
    _graphics: Graphics | None = None
    _have = 0  # bytes of an earlier try

    device: EnumProperty(name="Build", description="What the captures compute on", items=BUILDS, default="auto")

    @classmethod
    def poll(cls, context: Context) -> bool:
        """One set-up at a time."""
        cls.poll_message_set("The set-up runs already")
        return not queue.jobs("setup")

    @reported_when_invoked
    def invoke(self, context: Context, event: Event) -> set[str]:
        """Ask first: what is fetched, how much, and where it goes."""
        if not bpy.app.online_access:
            raise not_allowed()
        self._asked = True
        self._graphics = find_graphics(GRAPHICS_SECONDS)
        self._have = tree_size(Runtime.folder().fetched)
        return context.window_manager.invoke_props_dialog(self, width=DIALOG_WIDTH, confirm_text="Set Up")

    def draw(self, context: Context) -> None:
        """Draw the question."""
        layout = self.layout
        layout.row().prop(self, "device", expand=True)
        try:
            choice = choose(self.device, self._graphics)
        except PosewrightError as error:
            _draw_sentence(layout, str(error), "ERROR")
            return
        column = layout.column(align=True)
        _draw_amount(column, choice.build, self._have)
        if self._graphics and choice.build.device == "cuda":
            column.label(text=self._graphics.name, icon="MEMORY")
        column.label(text="From the Python package index, as pip is configured", icon="URL")
        column.label(text=str(Runtime.folder().root), icon="FILE_FOLDER")
        if choice.because:
            _draw_sentence(layout, choice.because, "INFO")

    def execute(self, context: Context) -> set[str]:
        """Set up; from a script return when it is done."""
        return _do(self, work.set_up_job(self.device), context, self._asked)


class POSEWRIGHT_OT_remove_runtime(Operator):
    """Remove the libraries that Set Up put into Posewright's own folder, and nothing else"""

    bl_idname = "posewright.remove_runtime"
    bl_label = "Remove the Runtime"
    bl_options = {"INTERNAL"}

    _asked = False

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Never while anything uses it, and only when there is something."""
        if queue.jobs():
            cls.poll_message_set("Wait until the work has ended, or cancel it")
            return False
        choices.choose_runtime()
        folder = Runtime.folder()
        cls.poll_message_set("Nothing is set up")
        return folder.environment.is_dir() or folder.fetched.is_dir()

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Ask first."""
        self._asked = True
        return context.window_manager.invoke_props_dialog(self, width=DIALOG_WIDTH, confirm_text="Remove")

    def draw(self, context: Context) -> None:
        """Draw the question."""
        folder = Runtime.folder()
        marker = folder.condition().marker
        size = f"{marker.megabytes} MB are" if marker else "What was fetched is"
        self.layout.label(text=f"{size} deleted; captures need Set Up again", icon="TRASH")
        self.layout.label(text=str(folder.root), icon="FILE_FOLDER")

    def execute(self, context: Context) -> set[str]:
        """Remove; from a script return when it is done."""
        return _do(self, work.remove_job(), context, self._asked)


class POSEWRIGHT_OT_check(Operator):
    """Start the Python of the captures and show what it can do, and what is missing"""

    bl_idname = "posewright.check"
    bl_label = "Check"
    bl_options = {"INTERNAL"}

    _asked = False

    def invoke(self, context: Context, event: Event) -> set[str]:
        """Ask, while Blender stays usable."""
        self._asked = True
        session.state.findings = None
        return self.execute(context)

    def execute(self, context: Context) -> set[str]:
        """Ask from a script or without a window."""
        return _do(self, work.check_job(), context, self._asked)


class POSEWRIGHT_OT_copy_check(Operator):
    """Copy what the check found, to send it to somebody who can help"""

    bl_idname = "posewright.copy_check"
    bl_label = "Copy"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Only after a check."""
        return bool(session.state.findings)

    def execute(self, context: Context) -> set[str]:
        """Copy."""
        lines = [f"{found['state']:8}{found['what']}: {found['says']}" for found in session.state.findings or []]
        lines.insert(0, f"Blender {bpy.app.version_string}, {state.state()[1]}")
        context.window_manager.clipboard = "\n".join(lines)
        self.report({"INFO"}, "What the check found is in the clipboard.")
        return {"FINISHED"}


def _draw_amount(column: UILayout, build: Build, have: int) -> None:
    column.label(text=f"About {build.fetch_mb} MB to fetch", icon="IMPORT")
    if have > MEGA:
        column.label(text=f"{have / MEGA:.0f} MB are here already, of an earlier try", icon="BLANK1")
    column.label(text=f"About {build.disk_mb} MB on the disk", icon="DISK_DRIVE")


def _draw_sentence(layout: UILayout, sentence: str, icon: str) -> None:
    """Draw a sentence in the dialog's width, which Blender does not tell."""
    column = layout.column(align=True)
    for number, line in enumerate(textwrap.wrap(sentence, DIALOG_LETTERS)):
        column.label(text=line, icon=icon if number == 0 else "BLANK1")
