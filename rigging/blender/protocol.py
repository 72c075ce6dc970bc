"""How the process of a rig job tells its parent where it stands: lines on stdout among Blender's own. No bpy."""

import json

PROGRESS_MARK = "@posewright "


def progress_line(stage: str, done: float, note: str = "") -> str:
    """Return the line for one report of progress."""
    return PROGRESS_MARK + json.dumps([stage, round(float(done), 4), note])


def read_progress(line: str) -> tuple[str, float, str] | None:
    """Return the report in a line of output, or None; Blender may have begun the line with text of its own."""
    _, mark, text = line.partition(PROGRESS_MARK)
    if not mark:
        return None
    try:
        stage, done, note = json.loads(text)
    except ValueError:
        return None
    return str(stage), float(done), str(note)
