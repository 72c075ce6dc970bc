"""Build the Blender extension: ``python build_addon.py [-o FOLDER] [--validate] [--list] [--bundle-runtime PLATFORM]``.

The zip holds what Blender and the worker process need of the checkout, and nothing that git ignores.
The same tree always gives the same bytes. Only Python's own library is used, and pip for the offline zip.

The offline zip holds the worker's libraries, too, as their makers published them, and the detector's weights:
installed, it needs no network at all. It is for one platform and one version of Blender's Python.
"""

import argparse
import email
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
PACKAGES = ("addon", "cli", "core", "rigging", "weights")
ROOT_FILES = ("__init__.py", "__main__.py", "blender_manifest.toml", "errors.py", "progress.py", "LICENSE")
BUILDS = ROOT / "cli" / "runtime" / "builds.json"
DETECTOR = "blazepose"
PLATFORMS = ("linux-x64", "windows-x64", "macos-arm64")
FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can state
UNIX, FILE_MODE = 3, 0o100644


class BuildError(Exception):
    """The extension cannot be built; the message says why."""


def main(argv: list[str] | None = None) -> int:
    """Build, and validate and list when asked to; returns the exit status."""
    parser = argparse.ArgumentParser(description="Build the Blender extension.")
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "dist", metavar="FOLDER", help="default: dist")
    parser.add_argument("--validate", action="store_true", help="check the zip with Blender's own validator")
    parser.add_argument("--blender", metavar="PROGRAM", help="the Blender that validates (default: module bpy, PATH)")
    parser.add_argument("--list", action="store_true", help="print what is in the zip, with sizes")
    parser.add_argument(
        "--bundle-runtime", choices=PLATFORMS, help="an offline zip for this platform, libraries inside"
    )
    parser.add_argument(
        "--python", default="3.11", help="of the Blender that the offline zip is for (4.2 to 5.0: 3.11)"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="the PyTorch in the offline zip")
    args = parser.parse_args(argv)
    try:
        _check_version()
        if args.bundle_runtime:
            target = build_offline(args.out, args.bundle_runtime, args.python, args.device)
        else:
            target = build(args.out)
        print(f"{target} ({target.stat().st_size / 1e6:.1f} MB)")
        if args.list:
            print(listing(target))
        if args.validate:
            validate(target, args.blender)
    except BuildError as error:
        print(f"build_addon: {error}", file=sys.stderr)
        return 1
    return 0


def build(folder: Path) -> Path:
    """Write ``posewright-VERSION.zip`` into the folder and return its path; BuildError when that cannot be."""
    return _write(folder, "", {name: ROOT / name for name in files()})


def build_offline(folder: Path, platform: str, python: str, device: str) -> Path:
    """Write ``posewright-VERSION-PLATFORM-offline.zip``; BuildError when pip has no libraries or weights for it.

    ``platform`` as Blender names it, ``python`` such as "3.11", ``device`` "cpu" or "cuda".
    """
    table = json.loads(BUILDS.read_text("utf-8"))
    build_row = _build_row(table, platform, device)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        wheels = _download_wheels(table, build_row, platform, python, work / "wheels")
        content: dict[str, Path | str] = {name: ROOT / name for name in files()}
        manifest = (ROOT / "blender_manifest.toml").read_text("utf-8")
        content["blender_manifest.toml"] = manifest.replace(
            'type = "add-on"\n', f'type = "add-on"\nplatforms = ["{platform}"]\n'
        )
        content |= {f"runtime/wheels/{wheel.name}": wheel for wheel in wheels}
        content["runtime/bundle.json"] = _description(table, build_row, platform, python, wheels)
        content["runtime/licences.txt"] = _licences(wheels)
        content |= _detector()
        return _write(folder, f"-{platform}-offline", content)


def _write(folder: Path, suffix: str, content: Mapping[str, Path | str]) -> Path:
    """Write the zip: files and texts by their names in it. Wheels are stored as they are."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{manifest['id']}-{manifest['version']}{suffix}.zip"
    partial = target.with_name(target.name + ".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, FIXED_TIME)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".whl") else zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = UNIX, FILE_MODE << 16
            source = content[name]
            if isinstance(source, str):
                archive.writestr(entry, source)
                continue
            entry.file_size = source.stat().st_size
            with source.open("rb") as stream, archive.open(entry, "w") as stored:
                shutil.copyfileobj(stream, stored, 1 << 20)
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


def listing(archive: Path) -> str:
    """Return the names in a zip with their sizes in the zip, in bytes, and sums for the folders at the top."""
    with zipfile.ZipFile(archive) as stored:
        entries = [(entry.compress_size, entry.filename) for entry in stored.infolist()]
    sums: dict[str, int] = {}
    for size, name in entries:
        top = name.split("/")[0] + "/" if "/" in name else "(root)"
        sums[top] = sums.get(top, 0) + size
    lines = [f"{size:>12,}  {name}" for size, name in entries]
    return "\n".join([*lines, "", *(f"{size:>12,}  {top}" for top, size in sorted(sums.items()))])


def _build_row(table: dict[str, Any], platform: str, device: str) -> dict[str, Any]:
    system = table["platforms"][platform]["system"]
    for row in table["builds"]:
        if row["system"] == system and (row["name"] == "cpu") == (device == "cpu"):
            return row
    raise BuildError(f"there is no PyTorch for {device} on {platform}.")


def _download_wheels(
    table: dict[str, Any], row: dict[str, Any], platform: str, python: str, folder: Path
) -> list[Path]:
    """Let pip fetch the wheels for another platform; pip's own configuration says from where."""
    if python not in table["pythons"]:
        raise BuildError(f"there are libraries for Python {', '.join(table['pythons'])}, not for {python}.")
    tag = f"cp{python.replace('.', '')}"
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--disable-pip-version-check", "--quiet"]
    command += ["--dest", str(folder), "--python-version", python, "--implementation", "cp"]
    command += [word for abi in (tag, "abi3", "none") for word in ("--abi", abi)]
    command += [word for name in table["platforms"][platform]["tags"] for word in ("--platform", name)]
    command += ["--extra-index-url", row["index"]] if row["index"] else []
    done = subprocess.run([*command, *_requirements(table, python), "pip"], capture_output=True, text=True)
    if done.returncode:
        raise BuildError(f"pip could not fetch the libraries for {platform}:\n{done.stderr.strip()}")
    wheels = sorted(folder.iterdir())
    if row["name"] == "cpu" and any(wheel.name.startswith("nvidia_") for wheel in wheels):
        raise BuildError(f"pip found PyTorch for NVIDIA only: {row['index']} cannot be reached. Or use --device cuda.")
    return wheels


def _requirements(table: dict[str, Any], python: str) -> list[str]:
    """Return the pinned libraries (as cli/runtime/builds.py does, which needs the package to be importable)."""
    return [*table["requirements"], f"numpy=={table['numpy'][python]}"]


def _description(table: dict[str, Any], row: dict[str, Any], platform: str, python: str, wheels: list[Path]) -> str:
    fingerprint = hashlib.sha256("\n".join(_requirements(table, python)).encode()).hexdigest()[:12]
    said = {"platform": platform, "python": python, "build": row["name"], "libraries": fingerprint}
    return json.dumps({**said, "files": [wheel.name for wheel in wheels]}, indent=1)


def _licences(wheels: list[Path]) -> str:
    """Return which library is under which licence; the texts lie in the wheels."""
    lines = ["The libraries in this zip, unmodified, each with its licence inside:", ""]
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            said = email.message_from_bytes(archive.read(name))
        classes = [text.split(" :: ")[-1] for text in said.get_all("Classifier", []) if text.startswith("License ::")]
        short = (
            said["License-Expression"]
            or ", ".join(classes)
            or (said["License"] or "see the wheel").splitlines()[0][:80]
        )
        lines.append(f"{said['Name']} {said['Version']}: {short}")
    return "\n".join(lines) + "\n"


def _detector() -> dict[str, Path | str]:
    """Return the detector's weights with their notices, by their names in the zip; fetched when they are not here."""
    command = [sys.executable, "-m", "posewright", "weights", "get", DETECTOR, "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(
            f"the detector's weights cannot be had (pip install -e . makes posewright known):\n{done.stderr.strip()}"
        )
    folder = Path(json.loads(done.stdout)["path"]).parent
    return {f"weights/detectors/{DETECTOR}/{path.name}": path for path in sorted(folder.iterdir()) if path.is_file()}


def _check_version() -> None:
    version = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]
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
