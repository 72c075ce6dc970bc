"""What each output format changes: ``python benchmarks/formats.py MOTION RIG... [--endings .fbx .glb]``.

Every rig gets the motion, is saved by each ending and opened again as another program would open it. Printed are the
degrees by which limbs then point elsewhere, on the frames and half-way between them, the millimetres of the hips' path,
and the number of frames and their rate. MOTION is a take (.npz); RIG a file or the word mannequin.
"""

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object
from numpy.typing import NDArray
from posewright.core.take import Take
from posewright.rigging.blender.apply import animate_armature
from posewright.rigging.blender.armature import armatures_of, rest_of, world_poses
from posewright.rigging.blender.files import new_scene, open_rig, save_result
from posewright.rigging.blender.job import MANNEQUIN, open_character
from posewright.rigging.blender.layers import action_curves
from posewright.rigging.blender.outputs import EXPORT_FOR, OUT_ENDINGS, ExportFor, first_frame
from posewright.rigging.blender.stage import set_frame_rate
from posewright.rigging.maps.mapping import map_rig
from posewright.rigging.rig import RigMap

Array = NDArray[np.float64]

LIMBS = ("upper_arm", "forearm"), ("forearm", "hand"), ("thigh", "shin"), ("shin", "foot"), ("foot", "toe")
TRUNK = ("hips", "spine"), ("spine", "neck"), ("neck", "head")


@dataclass(frozen=True)
class Change:
    """What a format changed."""

    degrees: float  # most that a limb points elsewhere on a frame
    between: float  # the same half-way between frames
    hips: float  # metres, most that the hips are elsewhere on a frame
    frames: int
    fps: float | None  # None where the importer does not tell


@dataclass(frozen=True)
class Moving:
    """Where the mapped bones of a character begin, (F,3) metres each, on its frames and half-way between them."""

    heads: dict[str, Array]
    frames: int

    def compare(self, other: "Moving", fps: float | None) -> Change:
        """Return what is different in another one."""
        worst = np.zeros(2)
        for first, second in pairs():
            if all(name in moving.heads for moving in (self, other) for name in (first, second)):
                a, b = (_unit(moving.heads[second] - moving.heads[first]) for moving in (self, other))
                degrees = np.degrees(2 * np.arcsin(np.linalg.norm(a - b, axis=-1) / 2))
                worst = np.maximum(worst, [degrees[0::2].max(), degrees[1::2].max(initial=0.0)])
        hips = np.linalg.norm(self.heads["hips"][::2] - other.heads["hips"][::2], axis=-1)
        return Change(float(worst[0]), float(worst[1]), float(hips.max()), other.frames, fps)


def pairs() -> list[tuple[str, str]]:
    """Return the parts whose bones' heads make a limb."""
    limbs = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in LIMBS]
    return [*limbs, *TRUNK]


def character(rig: str, take: Take, ending: str = ".blend") -> Object:
    """Open a rig and give it the motion."""
    obj = open_character(None if rig == MANNEQUIN else Path(rig), None, None)
    scene = bpy.context.scene
    fps = set_frame_rate(scene, take.fps)
    start = first_frame(Path("out" + ending))
    animate_armature(obj, take, frame_start=start, fps=fps, name="motion")
    scene.frame_start, scene.frame_end = start, start + take.frames - 1
    return obj


def moving(obj: Object, rig_map: RigMap, start: float, frames: int, rate: float = 1.0) -> Moving:
    """Return how a character moves; ``rate`` is the scene's frames for one of the motion's."""
    rest = rest_of(obj)
    bones = {part: found for part, names in rig_map.bones.items() if (found := _named(names[0], rest.bones))}
    times = start + rate * np.arange(0.0, frames - 0.5, 0.5)
    poses = np.stack(list(world_poses(obj, rest, times)))
    heads = {part: poses[:, rest.index(bone), :3, 3] for part, bone in bones.items()}
    return Moving(heads, frames)


def reopen(path: Path) -> tuple[Object, float | None]:
    """Open a result as another program would; return its armature and the frame rate that the file tells."""
    if path.suffix == ".usdc":
        new_scene()
        bpy.ops.wm.usd_import(filepath=str(path))
    elif path.suffix == ".bvh":
        new_scene()
        bpy.ops.import_anim.bvh(filepath=str(path), axis_forward="-Z", axis_up="Y", update_scene_fps=True)
    else:
        open_rig(path)
    armatures = armatures_of(bpy.context.scene)
    obj = max(armatures, key=lambda item: (item.animation_data is not None, len(item.data.bones)))
    render = bpy.context.scene.render
    return obj, None if path.suffix == ".usdc" else render.fps / render.fps_base


def changed(rig: str, take: Take, ending: str, folder: Path, export_for: ExportFor | None = None) -> Change:
    """Return what saving a rig by an ending and opening it again changes."""
    obj = character(rig, take, ending)
    rig_map = map_rig(rest_of(obj))
    before = moving(obj, rig_map, bpy.context.scene.frame_start, take.frames)
    out = folder / f"out{ending}"
    save_result(out, obj, export_for)
    again, fps = reopen(out)
    start, end = again.animation_data.action.frame_range
    rate = 1.0 if fps is None else fps / take.fps
    frames = round((end - start) / rate) + 1
    after = moving(again, rig_map, start, take.frames, rate)
    return before.compare(replace(after, frames=frames), None if fps is None else _rate(again, fps))


def _rate(obj: Object, fps: float) -> float:
    """Return how many keys a second the action has: a glTF file knows seconds alone."""
    animation = obj.animation_data
    curves = action_curves(animation.action, getattr(animation, "action_slot", None))
    longest = max(curves, key=lambda curve: len(curve.keyframe_points))
    times = [point.co[0] for point in longest.keyframe_points]
    return fps / float(np.median(np.diff(times))) if len(times) > 1 else fps


def _named(name: str, bones: tuple[str, ...]) -> str | None:
    """Return a bone by its name, also as formats write it that know letters and digits alone."""
    plain = {"".join(c if c.isalnum() else "_" for c in bone): bone for bone in bones}
    return name if name in bones else plain.get("".join(c if c.isalnum() else "_" for c in name))


def _unit(vectors: Array) -> Array:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("motion", type=Path)
    parser.add_argument("rigs", nargs="+")
    parser.add_argument("--endings", nargs="+", default=OUT_ENDINGS, choices=OUT_ENDINGS)
    parser.add_argument("--export-for", choices=EXPORT_FOR)
    args = parser.parse_args()
    take = Take.load(args.motion)
    head = "degrees on frames, between them, millimetres, frames, frames/s"
    print(f"{take.frames} frames of {take.fps:g} frames/s: {head}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        for rig in args.rigs:
            for ending in args.endings:
                change = changed(rig, take, ending, Path(folder), args.export_for)
                rate = "-" if change.fps is None else f"{change.fps:.3f}"
                off = f"{change.degrees:8.3f} {change.between:8.3f} {1000 * change.hips:8.2f}"
                line = f"{Path(rig).name:34s} {ending:7s} {off} {change.frames:6d} {rate:>8}"
                print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
