"""Drop a file on a window of X11 as a file manager does: ``python x_drop.py FILE X Y`` (the protocol XDND, version 5).

Needs python-xlib. X and Y are pixels of the screen; the window there must say that files may be dropped.
"""

import sys
import time
from pathlib import Path

from Xlib import X, Xatom, display, error
from Xlib.protocol import event

VERSION = 5
PATIENCE = 120.0  # seconds


class Source:
    """A window that nobody sees, from which a file is dragged."""

    def __init__(self, file: Path) -> None:
        self._display = display.Display()
        self._screen = self._display.screen()
        self._window = self._screen.root.create_window(0, 0, 1, 1, 0, X.CopyFromParent, event_mask=X.PropertyChangeMask)
        self._file = file
        self._list = self._atom("text/uri-list")

    def drop_at(self, x: int, y: int) -> None:
        """Drag the file to a point of the screen and let it go."""
        target = self._window_that_takes(x, y)
        now = self._time()
        self._window.set_selection_owner(self._atom("XdndSelection"), now)
        self._send(target, "XdndEnter", VERSION << 24, self._list, 0, 0)
        for _ in range(3):
            self._send(target, "XdndPosition", 0, (x << 16) | y, now, self._atom("XdndActionCopy"))
            self._serve_until("XdndStatus")
            time.sleep(0.2)
        self._send(target, "XdndDrop", 0, now, 0, 0)
        self._serve_until("XdndFinished")

    def _window_that_takes(self, x: int, y: int):
        window = self._screen.root
        while True:
            if window.get_full_property(self._atom("XdndAware"), X.AnyPropertyType) is not None:
                return window
            child = window.translate_coords(self._screen.root, x, y).child
            if not child:
                sys.exit("The window there takes no files.")
            window = child

    def _atom(self, name: str) -> int:
        return self._display.intern_atom(name)

    def _time(self) -> int:
        """Return the time of the server: that of a change of a property."""
        self._window.change_property(Xatom.WM_NAME, Xatom.STRING, 8, b"file")
        while True:
            happened = self._display.next_event()
            if happened.type == X.PropertyNotify:
                return happened.time

    def _send(self, target, kind: str, *values: int) -> None:
        data = (32, [self._window.id, *values])
        target.send_event(event.ClientMessage(window=target, client_type=self._atom(kind), data=data))
        self._display.flush()

    def _serve_until(self, kind: str) -> None:
        """Hand the name of the file to whoever asks for it, until an answer of this kind comes."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if not self._display.pending_events():
                time.sleep(0.02)
                continue
            happened = self._display.next_event()
            if happened.type == X.SelectionRequest:
                self._answer(happened)
            elif happened.type == X.ClientMessage and happened.client_type == self._atom(kind):
                return
        sys.exit(f"No {kind} came.")

    def _answer(self, request) -> None:
        words = f"{self._file.resolve().as_uri()}\r\n".encode()
        place = request.property or request.target
        request.requestor.change_property(place, self._list, 8, words)
        request.requestor.send_event(
            event.SelectionNotify(
                time=request.time,
                requestor=request.requestor,
                selection=request.selection,
                target=request.target,
                property=place,
            )
        )
        self._display.flush()


if __name__ == "__main__":
    try:
        Source(Path(sys.argv[1])).drop_at(int(sys.argv[2]), int(sys.argv[3]))
    except error.DisplayError as fault:
        sys.exit(str(fault))
