"""What a Blender process can be asked to do: the table of jobs. No bpy until one is chosen."""

import importlib
from typing import Any

from ...errors import UsageError
from ...progress import Progress, silent

JOBS = {
    "retarget": ("job", "run_job", "rig"),
    "views": ("views", "render_views", "preview"),
    "map": ("map_job", "map_bones", "map"),
}
"""Name in the request's ``job`` -> module beside this one, its function (request, progress) -> result, and the stage
that it reports."""


def stage_of(request: dict[str, Any]) -> str:
    """Return the stage of progress that a request's job reports."""
    return JOBS[request.get("job", "retarget")][2]


def do_job(request: dict[str, Any], progress: Progress = silent) -> dict[str, Any]:
    """Do the job of a request, ``retarget`` unless it names another, and return its result."""
    name = request.get("job", "retarget")
    if name not in JOBS:
        raise UsageError(f"There is no job {name}; the jobs are {', '.join(JOBS)}.")
    module, function, _ = JOBS[name]
    return getattr(importlib.import_module(f".{module}", __package__), function)(request, progress)
