"""``posewright weights``: list, fetch, check and import what the networks need."""

import argparse
import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PosewrightError
from ..weights import store
from ..weights.registry import (
    DEFAULT,
    OFFICIAL_TCPFORMER,
    Entry,
    KeyFigures,
    described,
    key_figures,
    model_card,
    resolve,
)
from .console import ConsoleProgress, emit, say
from .options import add_common_arguments

if TYPE_CHECKING:
    from ..core.lifting.checkpoints import Checkpoint

HEADINGS = ("NAME", "KIND", "HERE", "SIZE", "PARAMETERS", "EXACT", "NOISY", "EVALUATION", "LICENCE")
FIGURES_EXPLAINED = (
    "EXACT, NOISY: mean error (PA-MPJPE) on validation motions, from exact 2D and from 2D with a detector's errors; "
    "comparable where EVALUATION is the same."
)
CHECKPOINT_ENDING = re.compile(r"\.(safetensors|pth\.tr|pth|pt|bin|tar)$", re.IGNORECASE)


def add_weights_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``weights``: one action with its own."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(name: str, act: Callable[[argparse.Namespace], int], says: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=says, description=f"{says.capitalize()}.")
        action.set_defaults(act=act)
        add_common_arguments(action)
        return action

    add("list", _list, "what is known, what is on this machine, and its terms (-v says all)")
    get = add("get", _get, "fetch weights once, or make them from a file")
    get.add_argument("name", metavar="NAME", help="for example blazepose")
    get.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FILE",
        help="no download: a wheel of mediapipe 0.10.14, or a copy of blazepose.safetensors",
    )
    get.add_argument("--offline", action="store_true", help="never use the network")
    add("verify", _verify, "check the sha256 of everything that is on this machine")
    bring = add("import", _import, "take in an official TCPFormer checkpoint or other weights of a lifter")
    bring.add_argument("file", type=Path, metavar="FILE", help="a .pth.tr or .safetensors file")
    bring.add_argument("--name", metavar="NAME", help="what --lifter will call it (default: the file's name)")


def run_weights(args: argparse.Namespace) -> int:
    """Do the work of ``weights``."""
    return args.act(args)


def _list(args: argparse.Namespace) -> int:
    known = store.list_weights()
    figures = [key_figures(w.path) if w.path and w.entry.kind == "lifter" else KeyFigures() for w in known]
    chosen = resolve(DEFAULT)
    result = [
        {**asdict(w.entry), "installed": w.path is not None, "path": w.path and str(w.path), "key_figures": asdict(key)}
        for w, key in zip(known, figures, strict=True)
    ]
    rows = [HEADINGS, *(_row(w, key) for w, key in zip(known, figures, strict=True))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines += ["", f"Without --lifter {chosen} is used.", FIGURES_EXPLAINED]
    if args.verbose:
        lines += [line for w in known for line in ("", f"{w.entry.name}: {w.path or 'not here'}", *_details(w.entry))]
    else:
        lines.append("Where they come from and their terms: posewright weights list -v")
    emit({"weights": result, "default": chosen, "folder": str(store.home())}, "\n".join(lines), args.json)
    return 0


def _row(weights: store.Weights, key: KeyFigures) -> tuple[str, ...]:
    """Return one line of the table."""
    entry = weights.entry
    size = f"{entry.size / 1e6:.1f} MB" if entry.size else "-"
    errors = ("-" if value is None else f"{value:.1f} mm" for value in (key.pa_exact_mm, key.pa_noisy_mm))
    parameters = f"{key.parameters / 1e6:.1f} M" if key.parameters else "-"
    evaluation = "-" if key.evaluation is None else str(key.evaluation)
    here = "yes" if weights.path else "no"
    return (entry.name, entry.kind, here, size, parameters, *errors, evaluation, entry.licence)


def _details(entry: Entry) -> list[str]:
    return [
        f"  from           {entry.source}",
        f"  licence        {entry.licence}",
        f"  terms          {entry.terms}",
        f"  training data  {entry.training_data}",
        *_figures(entry.figures),
    ]


def _figures(text: str) -> list[str]:
    """Return what is said about accuracy; a lifter's table becomes a line for each kind of input."""
    try:
        table = json.loads(text)
        lines = [
            f"{network}, {source} 2D: " + ", ".join(f"{name} {value:g}" for name, value in row.items())
            for network, rows in table.items()
            for source, row in rows.items()
        ]
    except (ValueError, AttributeError, TypeError):
        lines = [text]
    return [f"  {'' if number else 'figures':13}  {line}" for number, line in enumerate(lines)]


def _get(args: argparse.Namespace) -> int:
    progress = ConsoleProgress(quiet=args.quiet)

    def log(text: str) -> None:
        progress.close()
        if not args.quiet:
            say(text)

    if args.source is not None:
        path = store.install_from(args.name, args.source, log)
    else:
        path = store.ensure(args.name, args.offline, log, progress)
    progress.close()
    entry = store.find(args.name).entry
    text = f"{entry.name}: {path}\n{entry.licence}. {entry.terms}"
    emit({"name": entry.name, "path": str(path), "licence": entry.licence, "terms": entry.terms}, text, args.json)
    return 0


def _verify(args: argparse.Namespace) -> int:
    verdicts = store.verify()
    checked = [{**asdict(v), "path": str(v.path)} for v in verdicts]
    lines = [f"{v.name}: {v.message} ({v.path})" for v in verdicts]
    bad = [v for v in verdicts if not v.good]
    if bad:
        say("\n".join(lines))
        raise PosewrightError(" ".join(f"The weights '{v.name}' are {v.message}." for v in bad))
    emit({"checked": checked}, "\n".join(lines) or "No weights are on this machine yet.", args.json)
    return 0


def _import(args: argparse.Namespace) -> int:
    if importlib.util.find_spec("torch") is None:
        raise PosewrightError("Importing weights needs PyTorch, which this Python lacks: use the Python of the worker.")
    from ..core.lifting.checkpoints import load_checkpoint, save_weights

    name = args.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", CHECKPOINT_ENDING.sub("", args.file.name)).strip("-.")
    store.check_name(name)
    checkpoint = load_checkpoint(args.file)
    terms, official = _terms(args.file, checkpoint)
    if official:
        say(f"These weights are {terms.licence}.\n{terms.terms}")

    def write(path: Path) -> None:
        if official:  # converted at full precision: it gives what the authors' file gives
            save_weights(path, checkpoint.state, {**checkpoint.meta(), "terms": terms.terms}, half=False)
        else:
            shutil.copyfile(args.file, path)

    path = store.import_lifter(name, write, terms)
    result = {"name": name, "path": str(path), "licence": terms.licence, "terms": terms.terms}
    emit(result, f"{name}: {path}\nUse it with: --lifter {name}", args.json)
    return 0


def _terms(file: Path, checkpoint: "Checkpoint") -> tuple[Entry, bool]:
    """Return what is known about weights that come in, and whether they are an official checkpoint."""
    from ..core.lifting.checkpoints import OFFICIAL_TERMS

    entry = replace(OFFICIAL_TCPFORMER, licence=checkpoint.licence, source=f"{file.name}, imported")
    if checkpoint.licence in OFFICIAL_TERMS.values():
        told = ", ".join(f"{name} {value:g}" for name, value in checkpoint.metadata.get("figures", {}).items())
        return replace(entry, figures=told or entry.figures), True
    entry = replace(entry, terms="as their licence says", training_data="not said in the file")
    return described(entry, model_card(file)), False
