"""Names of the files that a rig job writes: what they may be called, and the partial ones. No bpy."""

from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, get_args

from ...core.outputs import check_outputs
from ...errors import PosewrightError, UsageError

OUT_ENDINGS = (".blend", ".fbx", ".glb", ".usdc", ".bvh")

ExportFor = Literal["unreal", "unity"]
EXPORT_FOR: Final[tuple[ExportFor, ...]] = get_args(ExportFor)
"""Game engines that an .fbx or .glb can be made for."""

ENGINE_ENDINGS: Final = (".fbx", ".glb")


def first_frame(out: Path) -> int:
    """Return the scene frame at which the motion begins; an .fbx counts seconds from frame 0, and must begin at 0 s."""
    return 0 if out.suffix.lower() == ".fbx" else 1


def check_output(out: Path, rig: Path | None, *, overwrite: bool, motion: Path | None = None) -> None:
    """Refuse an output that cannot or must not be written, before the work starts."""
    if out.suffix.lower() not in OUT_ENDINGS:
        raise UsageError(f"The output {out.name} must end in one of {', '.join(OUT_ENDINGS)}.")
    if rig is not None and out.resolve() == rig.resolve():
        raise PosewrightError(f"{out} is the rig itself, which is never changed; choose another name.")
    if motion is not None and out.resolve() == motion.resolve():
        raise PosewrightError(f"{out} is the motion itself, which is never changed; choose another name.")
    check_outputs([out], overwrite=overwrite)


def check_export_for(engine: str | None, out: Path) -> ExportFor | None:
    """Return the engine of that name; UsageError when there is none or the output is not for engines."""
    if engine is None:
        return None
    if engine not in EXPORT_FOR:
        raise UsageError(f"There is no export for {engine}; choose one of {', '.join(EXPORT_FOR)}.")
    if out.suffix.lower() not in ENGINE_ENDINGS:
        raise UsageError(f"Only {' and '.join(ENGINE_ENDINGS)} can be made for {engine}; {out.name} is neither.")
    return engine


def partial_path(out: Path) -> Path:
    """Return the file beside ``out`` that is written first; it has the same ending, by which Blender goes."""
    target = out.resolve()
    return target.with_name(f"{target.stem}.posewright-part{target.suffix.lower()}")


def remove_partial(out: Path) -> None:
    """Remove what a stopped job may have left beside ``out``."""
    part = partial_path(out)
    for path in (part, part.with_name(part.name + "@")):  # Blender writes a .blend under the second name first
        with suppress(OSError):
            path.unlink()
