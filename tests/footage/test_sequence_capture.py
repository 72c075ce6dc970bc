"""A capture of numbered pictures is the capture of the video that they were taken from."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from posewright.core.footage import open_footage, read_frames
from posewright.core.pipeline import Tracker
from posewright.core.settings import TrackSettings
from posewright.errors import PosewrightError
from posewright.weights import store

DEMO = Path(__file__).resolve().parents[2] / "examples" / "dance.mp4"
SECONDS = 0.8


def test_pictures_and_video_give_the_same_motion(tmp_path: Path) -> None:
    try:
        store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(str(error))
    for frame in read_frames(DEMO, end=SECONDS):
        cv2.imwrite(str(tmp_path / f"dance.{frame.index + 1001}.png"), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    settings = TrackSettings(device="cpu", quality="fast", end=SECONDS, height=1.7)
    rate = open_footage(DEMO).fps
    tracker = Tracker(settings)
    filmed = tracker.track(DEMO)
    taken = tracker.with_settings(TrackSettings(**{**settings.__dict__, "fps": rate})).track(tmp_path)
    assert taken.frames == filmed.frames and taken.fps == pytest.approx(filmed.fps)
    assert taken.times == pytest.approx(filmed.times, abs=1e-4)
    assert np.abs(taken.joints - filmed.joints).max() < 1e-3, "metres"
    source = taken.provenance["source"]
    assert source["name"] == "dance.####.png" and source["frames_per_second"] == rate
