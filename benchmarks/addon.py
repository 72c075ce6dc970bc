"""Figures of the add-on in a real Blender: ``python benchmarks/addon.py BLENDER [-o FIGURES.json]``.

BLENDER is a program that opens a window (see tests/window); the worker runs in the Python that runs this. Measures the
zip, how long switching it on takes, and with a real mouse the way from an empty scene to a character that moves as in
the demo clip: clicks, seconds, and how long Blender's event loop was away. Let the computer do nothing else meanwhile.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tests"))

from window.launch import installed  # noqa: E402
from window.operators import named_in_tests, operators  # noqa: E402

HEAVY = ("torch", "scipy", "cv2", "safetensors")


def main() -> None:
    """Measure, print, and write the figures as JSON when asked to."""
    parser = argparse.ArgumentParser(description="Figures of the add-on in a real Blender.")
    parser.add_argument("blender", help="a Blender that opens a window")
    parser.add_argument("-o", "--out", type=Path, help="write the figures there as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="posewright-benchmark-") as folder:
        figures = measure(args.blender, Path(folder))
    text = json.dumps(figures, indent=2)
    print(text)
    if args.out is not None:
        args.out.write_text(text + "\n", "utf-8")


def measure(program: str, folder: Path) -> dict[str, Any]:
    """Return the figures of one run, in MB, seconds and counts."""
    blender = installed(program, folder)
    enabled = blender.play("enabled", folder / "enabled")
    clicks = blender.play("three_clicks", folder / "three_clicks", str(CHECKOUT / "examples" / "dance.mp4"))
    names = operators()
    return {
        "blender": enabled["blender"],
        "version": _commit(),
        "zip_mb": round(blender.archive.stat().st_size / 1e6, 2),
        "enable_seconds": round(statistics.median(enabled["seconds"]), 3),
        "modules_of_ours_loaded": enabled["modules"],
        "heavy_modules_loaded": [name for name in HEAVY if name in enabled["roots"]],
        "operators": len(names),
        "operators_named_in_tests": len(named_in_tests(names)),
        "clicks": clicks["clicks_needed"],
        "frames": clicks["frames"],
        "seconds": {
            "choosing": round(clicks["seconds_choosing"], 1),
            "capturing_cold": round(clicks["seconds_capturing_cold"], 1),
            "capturing_warm": round(clicks["seconds_capturing_warm"], 1),
            "applying": round(clicks["seconds_applying"], 1),
        },
        "longest_absence_seconds": {phase: round(away[0], 3) for phase, away in clicks["absences"].items()},
    }


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main()
