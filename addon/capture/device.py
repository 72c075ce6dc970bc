"""On what a capture computes, in words."""

from .. import choices, session
from ..runtime import state

KINDS = {"cpu": "Computes on the processor", "cuda": "Computes on the NVIDIA card", "mps": "Computes on Apple graphics"}
READY_ON = "Ready on "


def device_words() -> str:
    """Return what computes, with the card's name once somebody looked; "" while it is not known."""
    chosen, names = choices.device(), _names()
    if chosen == "auto":
        chosen = next((kind for kind in ("cuda", "mps", "cpu") if kind in names), "")
    if chosen == "cpu":
        return KINDS["cpu"]
    if chosen:
        return f"Computes on {names[chosen]}" if chosen in names else KINDS[chosen]
    ready, sentence = state.state()
    return f"Computes on {sentence.removeprefix(READY_ON)}" if ready and sentence.startswith(READY_ON) else ""


def _names() -> dict[str, str]:
    """Return what the last check found: devices that can be used, by their kind."""
    return {
        finding["what"].removeprefix("device "): finding["says"]
        for finding in session.state.findings or []
        if finding["what"].startswith("device ") and finding["state"] == "ok"
    }
