"""Fetch files so that nothing is fetched twice: what is there is continued, what is whole is kept, all is checked."""

import hashlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ...errors import PosewrightError
from . import configuration, trouble

CHUNK = 1 << 18  # bytes
SECONDS = 8.0  # without a byte, then it is tried again; also the longest time until Cancel is heard
TRIES = 4  # in a row without a byte
REST_SECONDS = 1.0  # between two tries, times their number
PARTIAL = ".part"
BROKEN = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError)


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch; ``sha256`` is "" and ``size`` (bytes) 0 where the index does not say them."""

    name: str
    url: str
    sha256: str
    size: int


def name_in(url: str) -> str:
    """Return the name of the file that an address means, without any folder."""
    return Path(unquote(urlsplit(url).path)).name


class Source:
    """Where files come from; with the certificates of pip's wheel when one is given."""

    def __init__(self, pip_wheel: Path | None = None) -> None:
        self._opener = configuration.opener(pip_wheel)

    def open(self, url: str, start: int = 0, method: str = "GET") -> Any:
        """Open an address for reading from a byte on."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        request = urllib.request.Request(url, headers=headers, method=method)
        for name, value in configuration.login(url).items():
            request.add_unredirected_header(name, value)  # for this server only
        return self._opener.open(request, timeout=SECONDS)

    def size(self, url: str) -> int:
        """Return the size of a file in bytes, 0 when its server does not say it."""
        local = local_path(url)
        if local is not None:
            return local.stat().st_size if local.is_file() else 0
        try:
            with self.open(url, method="HEAD") as response:
                return int(response.headers.get("Content-Length") or 0)
        except urllib.error.HTTPError:
            return 0
        except BROKEN as error:
            raise trouble.no_network(_host(url)) from error


def local_path(url: str) -> Path | None:
    """Return the path of a file:// address, None for others."""
    parts = urlsplit(url)
    return Path(urllib.request.url2pathname(parts.path)) if parts.scheme == "file" else None


def read_text(url: str, tick: Callable[[], None]) -> str:
    """Return a small page as text; Offline when it cannot be had."""
    tick()
    try:
        with Source().open(url) as response:
            return response.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        raise trouble.refused(_host(url), name_in(url), error.code, error.reason) from error
    except BROKEN as error:
        raise trouble.no_network(_host(url)) from error


def check_login(address: str, source: Source) -> None:
    """Raise PosewrightError when an index answers, but lets us not in; pip takes that for an empty index."""
    try:
        source.open(address).close()
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise trouble.refused(_host(address), "", error.code, error.reason) from error
    except BROKEN:
        return  # whoever asked has seen more of it


def fetch(file: RemoteFile, folder: Path, tick: Callable[[int], None], source: Source) -> Path:
    """Put a file into a folder and return its path; what an earlier try left there is continued or kept.

    ``tick`` gets the bytes that are there and may raise Cancelled. Raises Offline when the network is lost,
    PosewrightError when the disk is full or the file is not what it should be.
    """
    target = folder / file.name
    try:
        if target.is_file() and is_whole(target, file, tick):
            return target
        partial = folder / f"{file.name}{PARTIAL}"
        _complete(file, partial, tick, source)
        if not is_whole(partial, file, tick):
            partial.unlink()
            raise PosewrightError(f"{file.name} came damaged (its sha256 is wrong) and was thrown away. Set up again.")
        partial.replace(target)
    except (*BROKEN, urllib.error.HTTPError) as error:
        raise _refused(error, file) from error
    except OSError as error:
        local = local_path(file.url)
        if local is not None and not local.is_file():
            raise PosewrightError(f"{local} is gone, though pip's settings led there. Set up again.") from error
        raise trouble.of_disk(error, folder) from error
    return target


def is_whole(path: Path, file: RemoteFile, tick: Callable[[int], None]) -> bool:
    """Tell whether what lies there is the file, by its size and sha256 as far as they are known."""
    size = path.stat().st_size
    if file.size and size != file.size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(CHUNK * 4):
            digest.update(block)
            tick(size)
    return not file.sha256 or digest.hexdigest() == file.sha256


def _complete(file: RemoteFile, partial: Path, tick: Callable[[int], None], source: Source) -> None:
    """Append what is missing; a connection that breaks is opened again where it broke."""
    failed = 0
    while True:
        have = partial.stat().st_size if partial.exists() else 0
        if file.size and have >= file.size:
            return
        try:
            if _append(file, partial, have, tick, source):
                return
            raise ConnectionError("the connection ended too early")
        except urllib.error.HTTPError as error:
            if error.code == 416:  # nothing is missing, or what is there is of another file
                if not file.size:
                    return
                partial.unlink(missing_ok=True)
                failed += 1
            elif error.code < 500:
                raise
            else:
                failed += 1
            if failed >= TRIES:
                raise
        except BROKEN:
            grown = partial.exists() and partial.stat().st_size > have
            failed = 0 if grown else failed + 1
            if failed >= TRIES:
                raise
        _rest(REST_SECONDS * failed, have, tick)


def _append(file: RemoteFile, partial: Path, have: int, tick: Callable[[int], None], source: Source) -> bool:
    """Append from one connection; returns whether the file came to its end."""
    local = local_path(file.url)
    if local is not None:
        with local.open("rb") as stream:
            stream.seek(have)
            return _write(stream.read, partial, have, tick) >= local.stat().st_size
    with source.open(file.url, have) as response:
        if have and response.status != 206:  # a server that cannot continue sends all of it
            have = 0
        length = response.headers.get("Content-Length")
        return _write(response.read1, partial, have, tick) >= (have + int(length) if length else 0)


def _write(read: Callable[[int], bytes], partial: Path, have: int, tick: Callable[[int], None]) -> int:
    """Write what ``read`` gives behind the first bytes of a file; returns the bytes that it has then."""
    with partial.open("r+b" if have else "wb") as stream:
        stream.seek(have)
        while block := read(CHUNK):
            stream.write(block)
            have += len(block)
            tick(have)
    return have


def _rest(seconds: float, have: int, tick: Callable[[int], None]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        tick(have)
        time.sleep(0.1)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _refused(error: OSError | http.client.HTTPException, file: RemoteFile) -> PosewrightError:
    if isinstance(error, urllib.error.HTTPError):
        return trouble.refused(_host(file.url), file.name, error.code, error.reason)
    return trouble.no_network(_host(file.url))
