"""Run every module of tests/blender on every version of bpy, each in a process of its own.

What counts is the report that pytest wrote inside, not how that process ended: bpy may crash or hang
while Python exits although every test passed (rigify on 4.2 and 4.5).
"""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from environments import CHECKOUT, BpyEnvironment, bpy_environments

MODULES = sorted((CHECKOUT / "tests" / "blender").glob("test_*.py"))
LIMIT_SECONDS = 420


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
@pytest.mark.parametrize("environment", bpy_environments(), ids=lambda environment: f"bpy{environment.version}")
def test_on_bpy(environment: BpyEnvironment, module: Path, tmp_path: Path) -> None:
    if environment.python is None:
        pytest.skip(environment.reason)
    report = tmp_path / "report.xml"
    log = tmp_path / "output.txt"
    ending = _run(environment.python, module, report, log, tmp_path)
    output = log.read_text("utf-8", errors="replace")[-8000:]
    if not report.is_file():
        pytest.fail(f"{module.name} on bpy {environment.version} {ending} before its tests were done:\n{output}")
    suite = next(ElementTree.parse(report).getroot().iter("testsuite")).attrib
    count = {name: int(suite[name]) for name in ("tests", "failures", "errors", "skipped")}
    print(f"{module.name} on bpy {environment.version}: {count}")
    if count["failures"] or count["errors"]:
        pytest.fail(f"{module.name} on bpy {environment.version}: {count}\n{output}", pytrace=False)
    if not count["tests"]:
        pytest.fail(f"{module.name} holds no tests:\n{output}")
    if count["skipped"] == count["tests"]:
        pytest.skip(f"all of {module.name} skipped: {_reasons(report)}")


def _run(python: Path, module: Path, report: Path, log: Path, folder: Path) -> str:
    """Run one module; return how the process ended, in words."""
    environment = os.environ | {
        "POSEWRIGHT_INSIDE_BPY": "1",
        "BLENDER_USER_RESOURCES": str(folder / "blender"),
        "POSEWRIGHT_TEST_PYTHON": sys.executable,  # has PyTorch: for workers that tests start from Blender
        "PYTHONFAULTHANDLER": "1",
    }
    command = [str(python), "-m", "pytest", str(module), f"--junitxml={report}", "-p", "no:cacheprovider", "-q"]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment, stdout=stream, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            return f"ended with status {process.wait(LIMIT_SECONDS)}"
        except subprocess.TimeoutExpired:
            return f"was stopped after {LIMIT_SECONDS} s"
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started and left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        process.wait()


def _reasons(report: Path) -> str:
    found = {element.get("message", "") for element in ElementTree.parse(report).getroot().iter("skipped")}
    return "; ".join(sorted(found))
