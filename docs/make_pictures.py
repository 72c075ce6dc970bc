"""Make the pictures of README and docs from the demo clip: ``python docs/make_pictures.py``.

Needs the bpy module, and for the picture of the report a browser of Chromium's family. Five pictures are not made
here: addon_panel.png and addon_contacts.png are screenshots of Blender's window, rig_map.png is what ``posewright map
--picture`` draws (of a character of KayKit, CC0, made smaller), rigs.jpg is a
``posewright contact-sheet`` of the demo clip on six characters, training_curves.png comes with a training.
"""

import shutil
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
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
PAGE_SIZE = (880, 1420)  # of the part of a report that is looked at; what is shown ends between two sections
PAGE_SCALE = 0.8

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
    """Capture the demo clip, render the mannequin, picture the report, and write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="posewright-") as folder:
        blend, sheet, take = (Path(folder) / name for name in ("dance.blend", "sheet.png", "dance.npz"))
        kept = ["-o", str(blend), "--sheet", str(sheet), "--take", str(take)]
        posewright("animate", str(CLIP), "--rig", "mannequin", *kept)
        picture_report(take)
        frames = [str(moment) for moment in MOMENTS]
        script = RENDER.format(count=len(frames) + 2)
        subprocess.run([sys.executable, "-c", script, str(blend), folder, *frames], check=True)
        rendered = [read_picture(Path(folder) / f"{frame}.png") for frame in frames]
        small = cv2.resize(read_picture(sheet), None, fx=SHEET_SCALE, fy=SHEET_SCALE, interpolation=cv2.INTER_AREA)
    rows = [np.hstack([picture[AROUND] for picture in row]) for row in (footage_frames(), rendered)]
    write_picture(PICTURES / "mannequin.png", np.vstack(rows))
    write_picture(PICTURES / "demo.png", small)


def posewright(*words: str) -> None:
    """Run a command of Posewright."""
    subprocess.run([sys.executable, "-m", "posewright", *words], check=True)


def picture_report(take: Path) -> None:
    """Write the picture of the upper part of a take's report; says so when there is no browser to do it."""
    browser = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if browser is None:
        print(f"report.png stays as it is: none of {', '.join(BROWSERS)} is installed.", file=sys.stderr)
        return
    page, shot = take.with_suffix(".html"), take.with_name("report.png")
    posewright("report", str(take), "-o", str(page))
    options = (
        "--headless=new",
        "--no-sandbox",  # which containers lack; the page is our own
        "--hide-scrollbars",
        f"--user-data-dir={take.parent / 'browser'}",
        f"--window-size={PAGE_SIZE[0]},{PAGE_SIZE[1]}",
        f"--force-device-scale-factor={PAGE_SCALE}",
        f"--screenshot={shot}",
    )
    subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)
    picture = read_picture(shot)
    gaps = np.flatnonzero((picture == picture[0, 0]).all((1, 2)))
    write_picture(PICTURES / "report.png", picture[: gaps[-1]])


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
