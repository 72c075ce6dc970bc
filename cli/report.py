"""``posewright report``: a page about a take that a person looks at."""

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core.outputs import check_outputs, write_whole
from ..core.take import Take
from ..errors import UsageError
from .console import emit
from .options import add_common_arguments, add_overwrite_argument


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``report``."""
    parser.add_argument("take", type=Path, metavar="TAKE", help="a take (.npz) or a .bvh file")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="PAGE.html", help="the page, for any web browser"
    )
    add_overwrite_argument(parser)
    add_common_arguments(parser)


def run_report(args: argparse.Namespace) -> int:
    """Do the work of ``report``."""
    from ..core.report.events import find_events
    from ..core.report.facts import key_facts
    from ..core.report.motion import Motion
    from ..core.report.page import report_page

    if args.out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"The output {args.out.name} must end in .html.")
    check_outputs([args.out], overwrite=args.overwrite)
    take = read_motion(args.take)
    made = datetime.fromtimestamp(args.take.stat().st_mtime)
    write_whole(args.out, report_page(take, args.take.stem, made).encode("utf-8"))
    motion = Motion(take)
    events = find_events(motion)
    facts = key_facts(motion, events)
    result: dict[str, Any] = {
        "out": str(args.out),
        "frames": take.frames,
        "figures": {fact.name: fact.value for fact in facts},
        "events": [
            {"kind": e.kind, "start": e.start, "end": e.end, "sentence": e.sentence, "warning": e.is_warning}
            for e in events
        ],
    }
    count = sum(event.is_warning for event in events)
    found = "1 moment deserves a look" if count == 1 else f"{count or 'no'} moments deserve a look"
    emit(result, f"{args.out}: {found}", args.json)
    return 0


def read_motion(path: Path) -> Take:
    """Read a take or a BVH file by the ending of its name; PosewrightError when it is neither."""
    if path.suffix.lower() == ".bvh":
        from ..core.bvh import take_from_bvh

        return take_from_bvh(path)
    return Take.load(path)
