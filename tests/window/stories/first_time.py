"""A computer without anything for captures: the panel offers to set it up, and the question is answered with no."""

from window.common import jobs
from window.desk import Desk
from window.hand import Steps


def story(desk: Desk) -> Steps:
    yield from desk.open_tab()
    yield from desk.picture("tab")
    yield from desk.press_button("posewright.set_up")
    yield from desk.picture("question")
    yield from desk.press("Escape")
    yield from desk.rest()
    desk.seen["jobs"] = len(jobs())
    desk.seen["offered_again"] = yield from desk.is_there("posewright.set_up")
    desk.seen["capture"] = yield from desk.is_there("posewright.capture(")
    yield from desk.picture("refused")
    desk.seen["done"] = True
