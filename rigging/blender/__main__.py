"""The process that does one job: ``python -m posewright.rigging.blender REQUEST.json RESPONSE.json``.

The response is the job's result, or ``{"error": sentence, "usage": bool}``. Progress goes to stdout as lines
that hold ``PROGRESS_MARK`` and a JSON object.
"""

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from ...errors import PosewrightError, UsageError
from .protocol import progress_line


def main(words: list[str]) -> int:
    """Do the job of the request file; returns 0 when a result was written and 1 for an error."""
    request_file, response_file = map(Path, words[-2:])
    try:
        response = _do(json.loads(request_file.read_text("utf-8")))
    except PosewrightError as error:
        response = {"error": str(error), "usage": isinstance(error, UsageError), "trace": traceback.format_exc()}
    except Exception as error:
        sentence = f"Posewright met a fault of its own while animating ({type(error).__name__}: {error}); report it."
        response = {"error": sentence, "usage": False, "trace": traceback.format_exc()}
    part = response_file.with_name(response_file.name + ".part")
    part.write_text(json.dumps(response), "utf-8")
    part.replace(response_file)
    return 1 if "error" in response else 0


def _do(request: dict[str, Any]) -> dict[str, Any]:
    from .jobs import do_job

    def progress(stage: str, done: float, note: str = "") -> None:
        print(progress_line(stage, done, note), flush=True)

    return do_job(request, progress)


if __name__ == "__main__":
    status = main(sys.argv)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # bpy may hang or crash in Python's own clean-up
