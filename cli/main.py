"""The command line: arguments, exit codes, and errors as sentences.

Exit codes: 0 done; 1 the work failed, a sentence says why and what to do; 2 wrong usage.
"""

import argparse
import importlib
import json
import sys
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from .. import __version__
from ..errors import PosewrightError, UsageError


class Command(NamedTuple):
    """A subcommand: where its two functions live; the module is imported only when it is used."""

    name: str
    module: str
    add_arguments: str
    run: str
    help: str


COMMANDS = (
    Command("animate", "capture", "add_animate_arguments", "run_animate", "footage to keyframes on a rig"),
    Command("track", "capture", "add_track_arguments", "run_track", "footage to a take (.npz or .bvh)"),
    Command("retarget", "retarget", "add_retarget_arguments", "run_retarget", "a take or .bvh onto a rig"),
    Command("map", "map_rig", "add_map_arguments", "run_map", "which bones of a rig are which parts of the body"),
    Command("report", "report", "add_report_arguments", "run_report", "a page about a take: figures, plots, moments"),
    Command(
        "contact-sheet",
        "contact_sheet",
        "add_contact_sheet_arguments",
        "run_contact_sheet",
        "pictures beside the footage",
    ),
    Command("batch", "batch", "add_batch_arguments", "run_batch", "many clips, resumable"),
    Command("weights", "weights", "add_weights_arguments", "run_weights", "list, fetch, verify, import weights"),
    Command("train", "train", "add_train_arguments", "run_train", "train a lifter on motion-capture data"),
    Command("evaluate", "evaluate", "add_evaluate_arguments", "run_evaluate", "measure a lifter's accuracy"),
    Command("benchmark", "benchmark", "add_benchmark_arguments", "run_benchmark", "measure speed and memory"),
    Command("doctor", "doctor", "add_doctor_arguments", "run_doctor", "what this machine can do, and why not"),
    Command("setup", "setup", "add_setup_arguments", "run_setup", "make the Python that analyses videos, or remove it"),
    Command("worker", "worker", "add_worker_arguments", "run_worker", "serve jobs as JSON lines (used by Blender)"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = argparse.Namespace()
    try:
        args = parse(arguments)
        return args.run(args)
    except SystemExit as stop:  # argparse: 0 after --help, 2 for wrong usage
        return int(stop.code or 0)
    except UsageError as error:
        return _fail(args, str(error), 2)
    except PosewrightError as error:
        return _fail(args, str(error), 1)
    except KeyboardInterrupt:
        return _fail(args, "Stopped; nothing half-written was left behind.", 1)
    except BrokenPipeError:
        return 1
    except Exception as error:
        return _fail(args, sentence_for(error), 1)


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments; only the chosen command's module is imported."""
    parser = argparse.ArgumentParser(prog="posewright", description="Film a person, animate a rig.")
    parser.add_argument("--version", action="version", version=f"posewright {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.help, description=f"{command.help.capitalize()}.")
        if command.name == chosen:
            module = importlib.import_module(f".{command.module}", __package__)
            getattr(module, command.add_arguments)(subparser)
            subparser.set_defaults(run=getattr(module, command.run))
    return parser.parse_args(arguments)


def sentence_for(error: Exception) -> str:
    """Return the plain sentence that a user reads when this error ends the work."""
    if isinstance(error, PosewrightError):
        return str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "There is not enough memory for this; close other programs, or use --device cpu or --quality fast."
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if error.filename else ""
        return f"The system refused: {error.strerror}{where}."
    kind = type(error).__name__
    return f"Posewright met a fault of its own ({kind}: {error}); please report it with the details that -v shows."


def _fail(args: argparse.Namespace, sentence: str, status: int) -> int:
    if getattr(args, "verbose", False):
        traceback.print_exc()
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    print(f"posewright: {sentence}", file=sys.stderr, flush=True)
    if getattr(args, "json", False):
        print(json.dumps({"ok": False, "error": sentence}), flush=True)
    return status
