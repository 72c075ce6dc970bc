"""A job in a panel: bar, words, time left, Cancel; and what went wrong."""

from pathlib import Path

from bpy.types import Context, UILayout

from .. import session
from ..notes import draw_notes
from .job import Job, Kind
from .queue import jobs


def draw_jobs(layout: UILayout, *kinds: Kind) -> bool:
    """Draw the jobs of these kinds; returns whether there are any."""
    found = [job for kind in kinds for job in jobs(kind)]
    for job in found:
        if job.running is None:
            _draw_waiting(layout, job)
        else:
            _draw_running(layout, job)
    return bool(found)


def _draw_waiting(layout: UILayout, job: Job) -> None:
    row = layout.row(align=True)
    row.label(text=job.label, icon="TIME", translate=False)
    row.operator("posewright.cancel", text="", icon="X", emboss=False).job = job.number


def _draw_running(layout: UILayout, job: Job) -> None:
    assert job.running is not None
    layout.progress(factor=job.done, text=job.words)
    row = layout.row()
    row.label(text=job.running.note or job.label)
    left = job.seconds_left
    if left is not None and not job.is_cancelled:
        aside = row.row()
        aside.alignment = "RIGHT"
        aside.label(text=f"{clock(left)} left")
    layout.operator("posewright.cancel", icon="CANCEL", text="Cancel").job = job.number


def clock(seconds: float) -> str:
    """Return a time as people say it: 40 s, 2:05 min."""
    whole = max(1, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60}:{whole % 60:02} min"


def draw_error(layout: UILayout, context: Context) -> None:
    """Draw what went wrong, until it is dismissed."""
    if not session.state.error:
        return
    box = layout.box()
    box.alert = True
    draw_notes(box, [_without_folder(session.state.error, context)], context, icon="ERROR")
    row = box.row(align=True)
    if session.state.log:
        row.operator("posewright.copy_log", icon="COPYDOWN")
    row.operator("posewright.dismiss", icon="X")


def _without_folder(sentence: str, context: Context) -> str:
    """Return a sentence with the name of the chosen video alone: its folder fills a panel, and stands in the field."""
    video = Path(context.scene.posewright.footage.facts_of)
    return sentence.replace(str(video), video.name) if video.name else sentence
