"""What every test shares: where the shared data lies, and who may import bpy."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

# bpy can be loaded once per process and breaks at exit: tests/test_blender_versions.py runs each of
# those modules in a process of its own, with this variable set.
INSIDE_BPY = os.environ.get("POSEWRIGHT_INSIDE_BPY") == "1"
collect_ignore = [] if INSIDE_BPY else ["blender"]

# Maps that the user of this machine had remembered must not change what tests find.
os.environ["POSEWRIGHT_MAPS"] = str(Path(tempfile.gettempdir()) / "posewright-tests-without-maps")

STATUS = pytest.StashKey[int]()


def shared_folder() -> Path | None:
    """Return the folder of shared clips, rigs and fixtures, or None on machines without it."""
    named = os.environ.get("POSEWRIGHT_SHARED")
    folder = Path(named) if named else CHECKOUT.parent / "shared"
    return folder.resolve() if folder.is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data; the test is skipped where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("no shared data: set POSEWRIGHT_SHARED or put the folder 'shared' beside the checkout")
    return folder


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source tree."""
    return CHECKOUT


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember pytest's status for the end of the process."""
    session.config.stash[STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Inside bpy leave without its clean-up, which may hang or crash after rigify was used."""
    if INSIDE_BPY:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(STATUS, 1))
