"""Run the tests: ``python tests/run.py [unit] [blender] [window] [footage] [pytest options]``.

Without a level everything runs. For the Blender level the environments of the older bpy versions are
made first, once. Exits with pytest's own status.
"""

import subprocess
import sys
from pathlib import Path

from environments import make_environments

TESTS = Path(__file__).resolve().parent
LEVELS = {
    "unit": ["unit"],
    "blender": ["test_blender_versions.py"],
    "window": ["window"],
    "footage": ["footage"],
}


def main(words: list[str]) -> int:
    """Run the chosen levels in one pytest."""
    levels = [word for word in words if word in LEVELS] or list(LEVELS)
    options = [word for word in words if word not in LEVELS]
    if "blender" in levels:
        make_environments()
    paths = [str(TESTS / name) for level in levels for name in LEVELS[level] if (TESTS / name).exists()]
    return subprocess.run([sys.executable, "-m", "pytest", *paths, *options], cwd=TESTS.parent).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
