"""The choices of a panel or an operator as the settings of a retarget, and where the motion begins."""

from typing import Any

import numpy as np
from bpy.types import Object, Scene

from ...core.take import Take
from ...errors import PosewrightError
from ...rigging.blender.applied import Applied, take_id
from ...rigging.blender.cameras import scene_rate
from ...rigging.keys.settings import KeySettings
from ...rigging.settings import RetargetSettings
from ..character.own_maps import own_map


def applied_as(scene: Scene, obj: Object, take: Take, footage: float, chosen: Any) -> tuple[Applied, bool]:
    """Return how a take is put on a character, and whether all of it is.

    ``footage`` is the frame on which the take began when it was captured, ``chosen`` has the names of
    ``properties.CHOICES``. Raises PosewrightError when nothing of the take lies in the range that is chosen.
    """
    first, span = start_frame(scene, footage, chosen), None
    if chosen.range == "scene":
        span, first = span_in_scene(scene, take, first)
    settings = retarget_settings(scene, obj, chosen, span)
    return Applied(take_id(take), first, scene_rate(scene), settings), span is None


def start_frame(scene: Scene, footage: float, chosen: Any) -> float:
    """Return the frame of the scene on which a take begins."""
    if chosen.start == "current":
        return float(scene.frame_current)
    return float(footage if chosen.start == "footage" else chosen.frame_start)


def retarget_settings(scene: Scene, obj: Object, chosen: Any, span: tuple[float, float] | None) -> RetargetSettings:
    """Return how a take is put on a character; ``span`` are the seconds of the take between which it is keyed."""
    start, end = span or (None, None)
    return RetargetSettings(
        map=own_map(scene, obj) or None,
        feet=chosen.feet,
        drive=chosen.drive,
        root=chosen.root,
        place=chosen.place,
        hands="contacts" if chosen.hands_meet else "directions",
        fingers=chosen.fingers,
        keys=KeySettings(
            nla=chosen.result == "nla",
            rate=scene_rate(scene) / chosen.key_every if chosen.key_every > 1 else None,
            reduce_degrees=chosen.reduce or None,
            interpolation=chosen.interpolation,
            start=start,
            end=end,
        ),
    )


def span_in_scene(scene: Scene, take: Take, first: float) -> tuple[tuple[float, float], float]:
    """Return which seconds of a take lie in the range of the scene, and the frame on which the first of them lies.

    ``first`` is the frame of the take's first moment. Raises PosewrightError when nothing of it lies there.
    """
    begin, end = scene.frame_start, scene.frame_end
    if scene.use_preview_range:
        begin, end = scene.frame_preview_start, scene.frame_preview_end
    rate = scene_rate(scene)
    seconds = np.asarray(take.times, np.float64) - float(np.asarray(take.times)[0])
    inside = (first + seconds * rate >= begin - 0.5) & (first + seconds * rate < end + 0.5)
    if inside.sum() < 2:
        raise PosewrightError(
            f"Nothing of the take lies in the scene's range: it goes from frame {first:g} to "
            f"{first + seconds[-1] * rate:.0f}, and the range from {begin} to {end}."
        )
    chosen = seconds[inside]
    return (float(chosen[0]), float(chosen[-1])), first + float(chosen[0]) * rate
