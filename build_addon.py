"""Build the Blender extension: ``python build_addon.py [-o FOLDER] [--validate]``.

The zip holds what Blender and the worker process need of the checkout, and nothing that git ignores.
The same tree always gives the same bytes. Only Python's own library is used.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PACKAGES = ("addon", "cli", "core", "rigging", "weights")
ROOT_FILES = ("__init__.py", "__main__.py", "blender_manifest.toml", "errors.py", "progress.py", "LICENSE")
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
UNIX, FILE_MODE = 3, 0o100644


class BuildError(Exception):
    """The extension cannot be built; the message says why."""


def main(argv: list[str] | None = None) -> int:
    """Build, and validate when asked to; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the Blender extension.")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist")
    parser.add_argument("--validate", action="store_true", help="check the zip with Blender's own validator")
    parser.add_argument("--blender", metavar="PROGRAM", help="the Blender that validates (default: module bpy, PATH)")
    args = parser.parse_args(argv)
    try:
        target = build(args.out)
        print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
        if args.validate:
            validate(target, args.blender)
    except BuildError as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 1
    return 0


def build(folder: Path) -> Path:
    """Write ``posewright-VERSION.zip`` into the folder and return its path; BuildError when that cannot be."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    _check_version(manifest["version"])
    names = files()
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{manifest['id']}-{manifest['version']}.zip"
    partial = target.with_name(target.name + ".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in names:
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = UNIX, FILE_MODE << 16
            archive.writestr(entry, (ROOT / name).read_bytes())
    partial.replace(target)
    return target


def files() -> list[str]:
    """Return the names of the files that belong into the zip, sorted."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *PACKAGES, *ROOT_FILES],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError("build from a git checkout: git says which files belong to the program.") from error
    names = sorted(name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file())
    missing = set(ROOT_FILES) - set(names)
    if missing:
        raise BuildError(f"missing in the checkout: {', '.join(sorted(missing))}.")
    return names


def _check_version(version: str) -> None:
    found = re.search(r'__version__ = "(.+)"', (ROOT / "__init__.py").read_text("utf-8"))
    if found is None or found[1] != version:
        raise BuildError(f"blender_manifest.toml says {version}, but __init__.py has another version.")


def validate(archive: Path, blender: str | None = None) -> None:
    """Let Blender's own validator check the zip; BuildError with its words when it finds fault."""
    done = subprocess.run([*_validator(blender), str(archive)], capture_output=True, text=True)
    print(done.stdout.strip())
    if done.returncode:
        raise BuildError(f"the validator rejects the zip:\n{done.stdout}{done.stderr}")


def _validator(blender: str | None) -> list[str]:
    """Return the command that validates: a Blender program, or the script inside the module bpy."""
    program = blender or (None if find_spec("bpy") else shutil.which("blender"))
    if program:
        return [program, "--command", "extension", "validate"]
    module = find_spec("bpy")
    if module is None or module.origin is None:
        raise BuildError("no Blender to validate with: name one with --blender, or pip install bpy.")
    scripts = sorted(Path(module.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not scripts:
        raise BuildError(f"the module bpy at {module.origin} holds no validator.")
    return [sys.executable, str(scripts[-1]), "validate"]


if __name__ == "__main__":
    sys.exit(main())
