"""From an empty scene to a moving character with as little as possible, by the clock."""

import time

from window.common import jobs, keyed
from window.desk import Desk
from window.hand import Steps


def story(desk: Desk, clip: str) -> Steps:
    """Footage, Capture, Apply; then Capture once more, with the worker that is warm now."""
    yield from desk.open_tab()
    yield from desk.look_over()  # a person sees where the buttons are
    clicks, begun = desk.clicks, time.monotonic()
    yield from desk.fill("posewright.footage.clip", clip)
    desk.seen["seconds_choosing"] = time.monotonic() - begun
    yield from desk.find("posewright.capture(")
    desk.watch.begin("capture")
    cold = time.monotonic()
    yield from desk.press_button("posewright.capture")
    yield from desk.until("the take", lambda: len(desk.scene.posewright.takes) == 1, 250)
    desk.seen["seconds_capturing_cold"] = time.monotonic() - cold
    yield from desk.find("posewright.apply(")
    desk.watch.begin("apply")
    applied = time.monotonic()
    yield from desk.press_button("posewright.apply")
    yield from desk.until("keyframes", lambda: any(keyed(obj) for obj in desk.scene.objects))
    yield from desk.passes()
    desk.watch.begin("")
    desk.seen["seconds_applying"] = time.monotonic() - applied
    desk.seen["clicks_needed"] = desk.clicks - clicks
    desk.seen["frames"] = desk.scene.posewright.takes[0].frames
    yield from desk.find("posewright.capture(")
    desk.watch.begin("capture, warm")
    warm = time.monotonic()
    yield from desk.press_button("posewright.capture")
    yield from desk.until("another take", lambda: len(desk.scene.posewright.takes) == 2 and not jobs(), 250)
    desk.seen["seconds_capturing_warm"] = time.monotonic() - warm
    desk.watch.begin("")
    desk.seen["done"] = True
