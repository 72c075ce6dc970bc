"""A package index on this machine: tiny wheels over http, with connections that break when a test wants them to."""

import base64
import contextlib
import hashlib
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from types import MappingProxyType
from urllib.parse import unquote

CHUNK = 1 << 16
AGENT = "posewright"  # our own downloader


def make_wheel(folder: Path, name: str, version: str, files: Mapping[str, bytes], needs: tuple[str, ...] = ()) -> Path:
    """Write a wheel for every Python and system; ``files`` by their names in site-packages."""
    stem = f"{name.replace('-', '_')}-{version}"
    about = "".join(
        [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", *(f"Requires-Dist: {n}\n" for n in needs)]
    )
    info = {
        f"{stem}.dist-info/METADATA": about.encode(),
        f"{stem}.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content = {**files, **info}
    record = "".join(f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in content.items())
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, data in content.items():
            archive.writestr(path, data)
        archive.writestr(f"{stem}.dist-info/RECORD", f"{record}{stem}.dist-info/RECORD,,\n")
    return wheel


def make_wheels(
    folder: Path,
    requirements: list[str],
    megabytes: float,
    needs: tuple[str, ...] = (),
    libraries: list[str] | None = None,
) -> list[Path]:
    """Write a wheel for each pinned requirement; what is imported are the real libraries of ``libraries``.

    Those are folders, by default of this very environment. The wheel of torch is ``megabytes`` large and has the
    requirements ``needs``.
    """
    lent = libraries or [path for path in sys.path if path.endswith("site-packages")]
    wheels = []
    for requirement in requirements:
        name, version = requirement.split("==")
        files = {f"{name}.pth": "\n".join(lent).encode()}
        if name == "torch":
            files["filler.bin"] = Random(1).randbytes(int(megabytes * 1e6))
        wheels.append(make_wheel(folder, name, version, files, needs if name == "torch" else ()))
    return wheels


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


@dataclass
class PackageIndex:
    """The index: its files, what it has sent to our own downloader, and after how many bytes it breaks off."""

    files: Path
    port: int = 0
    sent: dict[str, int] = field(default_factory=dict)  # bytes by file name, to the downloader
    starts: dict[str, list[int]] = field(default_factory=dict)  # the byte from which it asked, by file name
    breaks_after: int | None = None
    address: str = ""
    login: str = ""  # "name:password" without which nothing is given

    @contextmanager
    def serve(self) -> Iterator["PackageIndex"]:
        """Serve until the block ends; again at the same port when it is entered again."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), _handler(self))
        server.daemon_threads = True
        self.port = server.server_address[1]
        self.address = f"http://127.0.0.1:{self.port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def environment(self) -> dict[str, str]:
        """Return the variables that lead pip here and nowhere else."""
        return {
            "PIP_CONFIG_FILE": "/dev/null" if sys.platform != "win32" else "nul",
            "PIP_INDEX_URL": f"{self.address}/simple",
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "POSEWRIGHT_TORCH_INDEX": self.address,
        }


def _handler(index: PackageIndex) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(head=True)

        def do_GET(self) -> None:
            self._answer(head=False)

        def _answer(self, head: bool) -> None:
            if index.login and self.headers.get("Authorization") != f"Basic {_base64(index.login)}":
                self._send(401, b"", "text/plain", {"WWW-Authenticate": 'Basic realm="wheels"'})
                return
            kind, _, name = unquote(self.path).strip("/").rpartition("/")
            if kind.endswith("files"):
                self._file(index.files / name, head)
            else:
                self._page(self.path.strip("/").rsplit("/", 1)[-1])

        def _page(self, project: str) -> None:
            wheels = [wheel for wheel in sorted(index.files.glob("*.whl")) if _project(wheel) == project]
            links = "".join(f'<a href="/files/{w.name}#sha256={_sha256(w)}">{w.name}</a><br/>' for w in wheels)
            self._send(200 if wheels else 404, f"<html><body>{links}</body></html>".encode(), "text/html")

        def _send(self, status: int, body: bytes, kind: str, more: Mapping[str, str] = MappingProxyType({})) -> None:
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _file(self, path: Path, head: bool) -> None:
            if not path.is_file():
                self._send(404, b"", "text/plain")
                return
            data = path.read_bytes()
            start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            if start >= len(data):
                self._send(416, b"", "text/plain")
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            if not head:
                if self.headers.get("User-Agent") == AGENT:
                    index.starts.setdefault(path.name, []).append(start)
                self._body(path.name, data[start:])

        def _body(self, name: str, data: bytes) -> None:
            ours = self.headers.get("User-Agent") == AGENT
            for at in range(0, len(data), CHUNK):
                block = data[at : at + CHUNK]
                if (
                    ours
                    and index.breaks_after is not None
                    and sum(index.sent.values()) + len(block) > index.breaks_after
                ):
                    self.close_connection = True
                    self.connection.close()
                    return
                self.wfile.write(block)
                if ours:
                    index.sent[name] = index.sent.get(name, 0) + len(block)

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # whoever asked has gone away
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _project(wheel: Path) -> str:
    return wheel.name.split("-")[0].replace("_", "-").lower()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
