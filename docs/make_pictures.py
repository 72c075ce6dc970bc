"""Make the README's pictures from the demo clip: ``python docs/make_pictures.py`` (needs the bpy module)."""

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

CHECKOUT = Path(__file__).resolve().parent.parent
CLIP = CHECKOUT / "examples" / "dance.mp4"
PICTURES = CHECKOUT / "docs" / "pictures"
MOMENTS = (32, 72, 92, 133)  # frames of the demo clip, from 1
AROUND = (slice(30, 330), slice(150, 500))  # rows and columns of the picture that hold the dancer
SHEET_SCALE = 0.72

Picture = NDArray[np.uint8]

RENDER = """
import bpy, sys
blend, folder, *frames = sys.argv[-{count}:]
bpy.ops.wm.open_mainfile(filepath=blend)
scene = bpy.context.scene
scene.render.engine = "CYCLES"
scene.cycles.samples = 24
for frame in frames:
    scene.frame_set(int(frame))
    scene.render.filepath = folder + "/" + frame + ".png"
    bpy.ops.render.render(write_still=True)
"""


def main() -> None:
    """Capture the demo clip, render the mannequin, and write both pictures."""
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        blend, sheet = Path(folder) / "dance.blend", Path(folder) / "sheet.png"
        command = ["animate", str(CLIP), "--rig", "mannequin", "-o", str(blend), "--sheet", str(sheet)]
        subprocess.run([sys.executable, "-m", "posewright", *command], check=True)
        frames = [str(moment) for moment in MOMENTS]
        script = RENDER.format(count=len(frames) + 2)
        subprocess.run([sys.executable, "-c", script, str(blend), folder, *frames], check=True)
        rendered = [read_picture(Path(folder) / f"{frame}.png") for frame in frames]
        small = cv2.resize(read_picture(sheet), None, fx=SHEET_SCALE, fy=SHEET_SCALE, interpolation=cv2.INTER_AREA)
    PICTURES.mkdir(exist_ok=True)
    rows = [np.hstack([picture[AROUND] for picture in row]) for row in (footage_frames(), rendered)]
    write_picture(PICTURES / "mannequin.png", np.vstack(rows))
    write_picture(PICTURES / "demo.png", small)


def footage_frames() -> list[Picture]:
    """Return the moments of the demo clip."""
    capture = cv2.VideoCapture(str(CLIP))
    pictures = []
    for number in range(1, max(MOMENTS) + 1):
        found, picture = capture.read()
        if not found:
            raise SystemExit(f"{CLIP} has no frame {number}.")
        if number in MOMENTS:
            pictures.append(picture)
    capture.release()
    return pictures


def read_picture(path: Path) -> Picture:
    """Return a picture (H,W,3) in OpenCV's order of colours."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise SystemExit(f"{path} cannot be read.")
    return np.asarray(picture, np.uint8)


def write_picture(path: Path, picture: NDArray[np.generic]) -> None:
    """Write a .png as small as it gets."""
    cv2.imwrite(str(path), np.asarray(picture, np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
