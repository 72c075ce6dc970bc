"""The BVH file format: a tree of joints with offsets, and channels over time. numpy only."""

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import PosewrightError
from .take import FASTEST

Array = NDArray[np.float64]

POSITIONS: Final = ("Xposition", "Yposition", "Zposition")
ROTATIONS: Final = ("Xrotation", "Yrotation", "Zrotation")
END: Final = "_end"
"""Added to a joint's name to name its End Site, which has none in the file."""


@dataclass(frozen=True)
class Bvh:
    """What a BVH file holds, in its own unit and axes: J joints and End Sites, C channels, F frames."""

    names: tuple[str, ...]
    parents: tuple[int, ...]  # -1 for a root; a parent comes before its children
    offsets: Array  # (J,3)
    channels: tuple[tuple[str, ...], ...]  # of each joint, in the order of the columns of ``frames``
    frames: Array  # (F,C) positions in the file's unit, rotations in degrees
    frame_time: float  # seconds

    def positions(self) -> Array:
        """Return where every joint and End Site is, (F,J,3), in the file's own unit and axes."""
        return self.poses()[..., :3, 3]

    def poses(self) -> Array:
        """Return the matrices (F,J,4,4) of every joint and End Site, in the file's own unit and axes.

        A joint with position channels takes its place from them instead of from its offset, as most programs do.
        """
        count = len(self.frames)
        poses = np.zeros((count, len(self.names), 4, 4))
        poses[..., 3, 3] = 1.0
        column = 0
        for joint, parent in enumerate(self.parents):
            place = np.tile(self.offsets[joint], (count, 1))
            turn = np.tile(np.eye(3), (count, 1, 1))
            for channel in self.channels[joint]:
                values = self.frames[:, column]
                column += 1
                axis = "XYZ".index(channel[0])
                if channel in POSITIONS:
                    place[:, axis] = values
                else:
                    turn = turn @ axis_rotation(axis, np.radians(values))
            if parent >= 0:
                above = poses[:, parent]
                place = above[:, :3, 3] + np.einsum("fab,fb->fa", above[:, :3, :3], place)
                turn = above[:, :3, :3] @ turn
            poses[:, joint, :3, 3], poses[:, joint, :3, :3] = place, turn
        return poses


def axis_rotation(axis: int, angles: Array) -> Array:
    """Return the (F,3,3) rotations by ``angles`` (F,) in radians about the axis 0, 1 or 2."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    result = np.zeros((len(angles), 3, 3))
    result[:, axis, axis] = 1.0
    result[:, first, first] = result[:, second, second] = np.cos(angles)
    result[:, second, first] = np.sin(angles)
    result[:, first, second] = -np.sin(angles)
    return result


def read_bvh(path: str | os.PathLike[str]) -> Bvh:
    """Read a BVH file; PosewrightError with a plain sentence when it is missing, no BVH, or breaks off."""
    source = Path(path)
    if not source.is_file():
        raise PosewrightError(f"There is no file {source}.")
    try:
        text = source.read_text("utf-8", errors="replace")
    except OSError as error:
        raise PosewrightError(f"{source} cannot be read: {error.strerror}.") from error
    head, _, motion = text.partition("MOTION")
    if not head.lstrip("\ufeff \t\r\n").startswith("HIERARCHY") or not motion:
        raise PosewrightError(f"{source} is no BVH file: it lacks HIERARCHY or MOTION.")
    try:
        names, parents, offsets, channels = _read_hierarchy(head)
    except (ValueError, IndexError) as error:
        raise PosewrightError(f"The hierarchy of {source} is damaged; export the file again.") from error
    frames, frame_time = _read_motion(source, motion, sum(map(len, channels)))
    return Bvh(names, parents, offsets, channels, frames, frame_time)


def _read_hierarchy(head: str) -> tuple[tuple[str, ...], tuple[int, ...], Array, tuple[tuple[str, ...], ...]]:
    """Return names, parents, offsets and channels; ValueError or IndexError when the text makes no sense."""
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    open_joints: list[int] = []
    for word, rest in _statements(head):
        if word in ("ROOT", "JOINT", "END"):
            parent = open_joints[-1] if open_joints else -1
            names.append(names[parent] + END if word == "END" else " ".join(rest))
            parents.append(parent)
            offsets.append([])
            channels.append(())
        elif word == "{":
            open_joints.append(len(names) - 1)
        elif word == "}":
            open_joints.pop()
        elif word == "OFFSET":
            offsets[open_joints[-1]] = [float(value) for value in rest[:3]]
        elif word == "CHANNELS":
            channels[open_joints[-1]] = tuple(_channel(name) for name in rest[1 : 1 + int(rest[0])])
    if open_joints or not names or len({*names}) != len(names):
        raise ValueError("braces do not match, or there are no joints, or two with one name")
    return tuple(names), tuple(parents), np.array(offsets, np.float64).reshape(len(names), 3), tuple(channels)


def _statements(head: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the keyword, in capitals, and the words of each line; braces are lines of their own."""
    for line in re.sub(r"([{}])", r"\n\1\n", head).splitlines():
        words = line.split()
        if words:
            yield words[0].upper(), words[1:]


def _channel(name: str) -> str:
    known = {channel.lower(): channel for channel in (*POSITIONS, *ROTATIONS)}
    if name.lower() not in known:
        raise ValueError(f"unknown channel {name}")
    return known[name.lower()]


def _read_motion(source: Path, motion: str, columns: int) -> tuple[Array, float]:
    header = re.match(r"\s*Frames:\s*(\d+)\s+Frame\s+Time:\s*(\S+)", motion, re.IGNORECASE)
    if header is None:
        raise PosewrightError(f"The motion of {source} is damaged; export the file again.")
    try:
        count, frame_time = int(header[1]), float(header[2])
        values = np.array(motion[header.end() :].split(), np.float64)
    except ValueError as error:
        raise PosewrightError(f"The motion of {source} holds something that is no number; export it again.") from error
    if count == 0:
        raise PosewrightError(f"{source} holds no frames.")
    if values.size < count * columns:
        raise PosewrightError(f"{source} breaks off after {values.size // max(columns, 1)} of {count} frames.")
    if not np.isfinite(values).all() or not 1.0 / FASTEST <= frame_time < np.inf:
        raise PosewrightError(f"The motion of {source} holds values that are not possible; export it again.")
    return values[: count * columns].reshape(count, columns), frame_time


def save_bvh(bvh: Bvh, path: str | os.PathLike[str]) -> None:
    """Write a BVH file; it appears complete or not at all. PosewrightError when the disk refuses."""
    target = Path(path)
    partial = target.with_name(target.name + ".part")
    try:
        partial.write_text(bvh_text(bvh), "utf-8", newline="\n")
        partial.replace(target)
    except OSError as error:
        raise PosewrightError(f"The motion could not be written to {target}: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)


def bvh_text(bvh: Bvh) -> str:
    """Return the content of a BVH file."""
    text = io.StringIO()
    text.write("\n".join(["HIERARCHY", *_hierarchy_lines(bvh), "MOTION", f"Frames: {len(bvh.frames)}", ""]))
    text.write(f"Frame Time: {bvh.frame_time:.8f}\n")
    np.savetxt(text, bvh.frames, fmt="%.6f")
    return text.getvalue()


def _hierarchy_lines(bvh: Bvh) -> list[str]:
    """Return the lines of the tree; the joints must be in the order of a walk through it."""
    lines: list[str] = []
    open_joints: list[int] = []

    def close_to(parent: int) -> None:
        while open_joints and open_joints[-1] != parent:
            open_joints.pop()
            lines.append("  " * len(open_joints) + "}")

    for joint, parent in enumerate(bvh.parents):
        close_to(parent)
        end = bvh.names[joint].endswith(END) and not bvh.channels[joint]
        indent = "  " * len(open_joints)
        kind = "End Site" if end else f"{'ROOT' if parent < 0 else 'JOINT'} {bvh.names[joint]}"
        lines += [indent + kind, indent + "{"]
        lines.append(indent + "  OFFSET " + " ".join(f"{value:.6f}" for value in bvh.offsets[joint]))
        if not end:
            lines.append(indent + f"  CHANNELS {len(bvh.channels[joint])} " + " ".join(bvh.channels[joint]))
        open_joints.append(joint)
    close_to(-1)
    return lines
