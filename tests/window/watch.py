"""How long Blender's event loop was away."""

import time

PROBE_SECONDS = 0.02
KEPT_ABSENCES = 4


class Watch:
    """Measures how long Blender's event loop was away: the longest times between two looks, for each phase."""

    def __init__(self) -> None:
        self.absences: dict[str, list[float]] = {}  # seconds, the longest first
        self.moments: dict[str, list[float]] = {}  # seconds since the phase began, of each
        self.lasted: dict[str, float] = {}  # seconds of each phase
        self._phase = ""
        self._begun = self._last = time.monotonic()

    def begin(self, phase: str) -> None:
        """Measure under this name from now on; "" measures nothing."""
        now = time.monotonic()
        if self._phase:
            self.lasted[self._phase] = self.lasted.get(self._phase, 0.0) + now - self._begun
        self._phase, self._begun, self._last = phase, now, now

    def look(self) -> float:
        """Take the time; a function for bpy.app.timers."""
        now = time.monotonic()
        if self._phase:
            self._note(max(0.0, now - self._last - PROBE_SECONDS), self._last - self._begun)
        self._last = now
        return PROBE_SECONDS

    def _note(self, away: float, moment: float) -> None:
        longest = list(zip(self.absences.get(self._phase, []), self.moments.get(self._phase, []), strict=True))
        longest = sorted([*longest, (away, moment)], reverse=True)[:KEPT_ABSENCES]
        self.absences[self._phase] = [away for away, _ in longest]
        self.moments[self._phase] = [moment for _, moment in longest]
