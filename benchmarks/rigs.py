"""How well rigs follow a motion, and how long it takes to key a long one.

    python benchmarks/rigs.py DATA [--rigs NAME,...] [--motions NAME,...] [--keep DIR] [-- RETARGET OPTIONS]
    python benchmarks/rigs.py DATA --speed [--rigs NAME,...] [-- RETARGET OPTIONS]

DATA holds rigs (with rig_maps.json), clips/synthetic/truth (NAME_full.npz) and tools/score_rig.py, which looks at where
the bones of the result end up and explains the columns. Rows are means over the motions; jump is the largest.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from posewright.core.take import Take

COLUMNS = ("limb_deg", "trunk_deg", "across_deg", "foot_deg", "hips_path", "slide", "slide_of_motion", "jump_deg")
LONG = 10_000


def retarget(motion: Path, rig: Path, out: Path, options: list[str]) -> float:
    """Put a motion on a rig by the command line; returns the seconds that it took."""
    words = [sys.executable, "-m", "posewright", "retarget", str(motion), "--rig", str(rig), "-o", str(out)]
    begin = time.perf_counter()
    done = subprocess.run([*words, "--overwrite", "-q", *options], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{rig.name}, {motion.stem}: {done.stderr.strip().splitlines()[-1]}")
    return time.perf_counter() - begin


def score(data: Path, result: Path, rig: Path, motion: Path) -> dict[str, float]:
    """Return what the scorer says of one result."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "score.json"
        words = [sys.executable, str(data / "tools" / "score_rig.py"), "--result", str(result)]
        words += ["--rig-file", rig.name, "--maps", str(data / "rigs" / "rig_maps.json")]
        subprocess.run([*words, "--motion", str(motion), "--json", str(out)], capture_output=True, check=True)
        return json.loads(out.read_text("utf-8"))


def accuracy(data: Path, rigs: list[Path], motions: list[Path], folder: Path, options: list[str]) -> None:
    """Print a row for each rig."""
    print(f"{'rig':32}", *(f"{name:>9.9}" for name in COLUMNS))
    for rig in rigs:
        rows = []
        for motion in motions:
            out = folder / f"{rig.stem}__{motion.stem.removesuffix('_full')}.blend"
            retarget(motion, rig, out, options)
            rows.append(score(data, out, rig, motion))
        cells = []
        for name in COLUMNS:
            values = [row[name] for row in rows if row.get(name) is not None]
            cells.append(f"{(max if name == 'jump_deg' else np.mean)(values):9.2f}" if values else f"{'-':>9}")
        print(f"{rig.name:32}", *cells, flush=True)


def speed(rigs: list[Path], motion: Path, folder: Path, options: list[str]) -> None:
    """Print the seconds for 10,000 frames: all of the command, and what of it is not start, rig, and file."""
    take = Take.load(motion)
    joints = np.concatenate([take.joints] * (LONG // take.frames + 1))[:LONG]
    long, short = folder / "long.npz", folder / "short.npz"
    for path, frames in ((long, LONG), (short, 2)):
        Take(joints=joints[:frames], joint_names=take.joint_names, fps=take.fps).save(path)
    for rig in rigs:
        out = folder / "out.blend"
        whole, start = retarget(long, rig, out, options), retarget(short, rig, out, options)
        print(f"{rig.name:32} {LONG} frames: {whole:.1f} s, of which {start:.1f} s for 2 frames", flush=True)


def main() -> None:
    """Measure what the command line asks for."""
    words = sys.argv[1:]
    options = words[words.index("--") + 1 :] if "--" in words else []
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rigs", help="names of files, with commas; all of rig_maps.json by default")
    parser.add_argument("--motions", help="names of clips, with commas; all by default")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for the results")
    args = parser.parse_args(words[: words.index("--")] if "--" in words else words)
    names = args.rigs.split(",") if args.rigs else json.loads((args.data / "rigs" / "rig_maps.json").read_text("utf-8"))
    rigs = [args.data / "rigs" / name for name in names]
    truth = args.data / "clips" / "synthetic" / "truth"
    motions = sorted(truth.glob("*_full.npz"))
    if args.motions:
        motions = [truth / f"{name}_full.npz" for name in args.motions.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if args.speed:
            speed(rigs, motions[0], folder, options)
        else:
            accuracy(args.data, rigs, motions, folder, options)


if __name__ == "__main__":
    main()
