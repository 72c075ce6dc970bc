"""The three pictures of one moment: footage with keypoints, the result from there, and from the side."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..skeleton import CONTACT_JOINTS
from ..take import Take
from .figure import capsules
from .overlay import draw_keypoints
from .scene import Stage, draw_person
from .view import View, footage_view, side_views, stature

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Window:
    """A part of the footage, in its pixels, and the size of the picture that shows it (width, height)."""

    left: int
    top: int
    width: int
    height: int
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the picture for one of the footage."""
        return self.size[0] / self.width


class Panels:
    """Draws moments of one take in pictures of fixed sizes."""

    def __init__(self, take: Take, footage_width: int, side_size: tuple[int, int]) -> None:
        self.take = take
        self.camera = footage_view(take)
        self._stature = stature(take)
        self._sides = side_views(take, self.camera, side_size)
        self._side_stage = Stage(self._sides[0])
        self._stages: dict[tuple[float, ...], Stage] = {}
        self._ratio = footage_width / self.camera.size[0]  # pixels of the footage for one of the take

    def footage(self, image: Image, index: int, window: Window) -> Image:
        """Return a part of a frame of the footage with its keypoints."""
        part = image[window.top : window.top + window.height, window.left : window.left + window.width]
        smaller = window.scale < 1
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(part, window.size, interpolation=how), np.uint8)
        if self.take.keypoints is not None and self.take.keypoint_names:
            points = self.take.keypoints[index] * self._ratio
            points = (points - [window.left, window.top]) * window.scale
            confidence = self.take.keypoint_confidence
            draw_keypoints(picture, self.take.keypoint_names, points, None if confidence is None else confidence[index])
        return picture

    def same_view(self, index: int, window: Window) -> Image:
        """Return the result as the filming camera sees it, in the same part of the picture."""
        ratio = self._ratio
        view = self._camera_of(index).cropped(
            window.left / ratio, window.top / ratio, window.scale * ratio, window.size
        )
        # a stage serves all places of a camera that looks the same way from the same height
        key = (view.focal, *view.centre, *view.size, *view.rotation.ravel(), view.position[2])
        if key not in self._stages:
            self._stages = {key: Stage(view)}
        return self._person(view, self._stages[key], index)

    def side(self, index: int) -> Image:
        """Return the result from the side."""
        return self._person(self._sides[index], self._side_stage, index)

    def person_box(self, index: int) -> NDArray[np.float64] | None:
        """Return left, top, right, bottom of the person in pixels of the footage; None when out of sight."""
        drawn = self._camera_of(index).project(self.take.joints[index])[:, :2]
        seen = drawn if self.take.keypoints is None else np.concatenate([drawn, self.take.keypoints[index]])
        seen = seen[np.isfinite(seen).all(axis=-1)] * self._ratio
        return None if len(seen) < 2 else np.concatenate([seen.min(0), seen.max(0)])

    def _camera_of(self, index: int) -> View:
        return self.camera if self.take.camera_path is None else footage_view(self.take, index)

    def _person(self, view: View, stage: Stage, index: int) -> Image:
        picture = stage.draw(view)
        body = capsules(self.take.joint_names, self.take.joints[index], self._stature)
        draw_person(picture, view, body, self._contacts(index))
        return picture

    def _contacts(self, index: int) -> list[NDArray[np.float64]]:
        if self.take.contacts is None:
            return []
        feet = zip(CONTACT_JOINTS, self.take.contacts[index], strict=True)
        places = [
            self.take.joint(name)[index].astype(np.float64)
            for name, contact in feet
            if contact > 0.5 and name in self.take.joint_names
        ]
        return [place for place in places if np.isfinite(place).all()]
