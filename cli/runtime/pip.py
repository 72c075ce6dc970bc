"""pip, run as a process that can be stopped at any moment; and pip itself, when there is none."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from ...errors import PosewrightError
from . import configuration, download, trouble
from .pythons import BasePython

Tick = Callable[[], None]  # called often; may raise Cancelled

POLL_SECONDS = 0.1
WANTED = "pip>=25.3"  # from here on a dry run leaves the files where they are
LASTING = ("--retries", "2", "--timeout", "15", "--disable-pip-version-check", "--no-input", "--progress-bar", "off")
UNWANTED = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_DRY_RUN", "PIP_REPORT")
WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl")


class PipError(Exception):
    """pip ended with a fault; ``str(error)`` is all that it printed."""


@dataclass(frozen=True)
class Pip:
    """pip as ``python`` runs it: from ``wheel``, or the module of that Python when it is None."""

    python: Path
    wheel: Path | None

    @property
    def is_current(self) -> bool:
        """Whether a dry run of it leaves the files where they are."""
        found = WHEEL.fullmatch(self.wheel.name) if self.wheel else None
        return found is not None and _numbers(found[1]) >= _numbers(WANTED.removeprefix("pip>="))

    def run(self, words: Sequence[str], folder: Path, tick: Tick) -> str:
        """Run pip and return what it printed; its temporary files lie in ``folder``.

        Raises PipError when it fails, PosewrightError when it cannot be started; what ``tick`` raises stops it.
        """
        output = folder / "pip.txt"
        command = [str(self.python), "-m", "pip", *words]
        return run_process(command, output, tick, self._environment(folder))

    def _environment(self, folder: Path) -> dict[str, str]:
        kept = clean_environment()
        kept |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        if self.wheel is not None:
            kept["PYTHONPATH"] = str(self.wheel)
        return kept


def clean_environment() -> dict[str, str]:
    """Return the environment without what belongs to another Python or would send pip elsewhere."""
    unwanted = {*UNWANTED, "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP"}
    return {key: value for key, value in os.environ.items() if key not in unwanted} | {"PYTHONUTF8": "1"}


def run_process(command: list[str], output: Path, tick: Tick, environment: dict[str, str]) -> str:
    """Run a program to its end and return what it printed; PipError when its status is not 0."""
    flags = subprocess.CREATE_NO_WINDOW if os.name == "nt" else 0
    try:
        with output.open("w+b") as words:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                env=environment,
                creationflags=flags,
            )
            try:
                while not _ended(process):
                    tick()
            except BaseException:
                process.kill()
                process.wait()
                raise
            words.seek(0)
            said = words.read().decode("utf-8", "replace")
    except OSError as error:
        raise trouble.of_disk(error, output.parent) from error
    if process.returncode != 0:
        raise PipError(said)
    return said


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def get_pip(base: BasePython, python: Path, folder: Path, tick: Tick) -> Pip:
    """Return a current pip for an environment without one, fetching its wheel into ``folder`` when needed.

    The pip that the base Python brings fetches it, with the user's configuration; without one we do it.
    An older pip is used where the index has no newer.
    """
    have = sorted(folder.glob("pip-*.whl"), key=lambda wheel: _numbers(wheel.name.split("-")[1]))
    if have:
        return Pip(python, have[-1])
    wheel = Path(base.pip_wheel) if base.pip_wheel else None
    older = Pip(python, wheel) if wheel else Pip(base.program, None) if base.pip else None
    if older is None:
        return Pip(python, _fetch_wheel(folder, tick))
    words = ["download", "--no-deps", "--only-binary=:all:", *LASTING, "--dest", str(folder), WANTED]
    try:
        older.run(words, folder, tick)
    except PipError as error:
        if wheel is None or "No matching distribution" not in str(error):
            raise trouble.of_pip(str(error), folder) from error
        return older
    return get_pip(base, python, folder, tick)


def _fetch_wheel(folder: Path, tick: Tick) -> Path:
    index = configuration.package_index()
    page = download.read_text(f"{index}/pip/", tick)
    found: dict[tuple[int, ...], str] = {}
    for address in re.findall(r'href="([^"]+)"', page):
        name = WHEEL.fullmatch(download.name_in(address))
        if name:
            found[_numbers(name[1])] = urljoin(f"{index}/pip/", address.replace("&amp;", "&"))
    if not found:
        raise PosewrightError(f"{index} has no pip to install the libraries with; pip's settings may name another.")
    address, _, fragment = found[max(found)].partition("#")
    digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
    file = download.RemoteFile(download.name_in(address), address, digest, 0)
    return download.fetch(file, folder, lambda done: tick(), download.Source())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
