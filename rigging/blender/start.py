"""Start a rig job in a Blender that does not know Posewright: ``blender -b --python start.py -- REQUEST RESPONSE``.

The package is loaded from the folder of this file, whatever that folder is called.
"""

import importlib.util
import runpy
import sys
from pathlib import Path

PACKAGE = "posewright"


def load_package(root: Path) -> None:
    """Import the package that lies in ``root``."""
    spec = importlib.util.spec_from_file_location(PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {root}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load_package(Path(__file__).resolve().parents[2])
    runpy.run_module(f"{PACKAGE}.rigging.blender", run_name="__main__")
