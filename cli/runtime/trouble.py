"""What can go wrong while the environment is made, as sentences."""

import errno
import os
import shutil
from pathlib import Path

from ...errors import PosewrightError

AGAIN = "set up again; what was fetched is kept and it goes on where it stopped"
NEARLY_NOTHING = 1_000_000  # bytes: with less, pip may not even have written why it failed
UNREACHABLE = (
    *("NewConnectionError", "Max retries exceeded", "ConnectionError", "ConnectTimeout", "SSLError"),
    *("Connection to", "ProxyError", "ReadTimeout", "Connection broken", "IncompleteRead", "Name or service not known"),
)


class Offline(PosewrightError):  # noqa: N818 - the name says what is the case
    """The network cannot be reached, or may not be used."""


def not_allowed() -> Offline:
    """Return what is said while Blender's Allow Online Access is off."""
    return Offline(
        "Blender may not use the network, and nothing was fetched. Switch on Preferences > System > Allow Online "
        "Access (or start Blender with --online-mode), then set up; or install the offline zip of Posewright."
    )


def no_network(where: str) -> Offline:
    """Return what is said when an address cannot be reached."""
    return Offline(f"{where} cannot be reached. Check the network connection, then {AGAIN}.")


def refused(host: str, name: str, status: int, reason: str) -> PosewrightError:
    """Return what is said when a server answers, but does not give what is wanted."""
    if status in (401, 403):
        return PosewrightError(
            f"{host} wants a name and a password, and pip's settings (index-url) and netrc have none that fit. "
            f"Put them there, then {AGAIN}."
        )
    return PosewrightError(f"{host} refuses {name} ({status} {reason}). Set up again later.")


def full_disk(folder: Path, needed: int = 0) -> PosewrightError:
    """Return what is said when there is no room; ``needed`` in bytes, 0 when it is not known."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        free = 0
    wanted = f"about {needed / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB" if needed else f"{free / 1e6:.0f} MB"
    return PosewrightError(f"The disk is full: {wanted} are free in {folder}. Make room, then {AGAIN}.")


def of_disk(error: OSError, folder: Path) -> PosewrightError:
    """Return the sentence for an error of the file system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full_disk(folder)
    reason = error.strerror or str(error)
    return PosewrightError(f"The runtime cannot be written to {folder}: {reason}. Allow writing there, then {AGAIN}.")


def of_pip(said: str, folder: Path) -> PosewrightError:
    """Return the sentence for what pip printed before it failed."""
    if os.strerror(errno.ENOSPC) in said or shutil.disk_usage(folder).free < NEARLY_NOTHING:
        return full_disk(folder)
    if any(word in said for word in UNREACHABLE):
        return no_network("The package index")
    lines = said.strip().splitlines() or ["it gave no reason"]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines[-1:]
    missing = [line for line in errors if line.startswith("No matching distribution found for ")]
    if missing:
        name = missing[0].removeprefix("No matching distribution found for ").split(" ")[0]
        return PosewrightError(
            f"The package index has no {name} for this system and Python; pip's settings may name another index."
        )
    return PosewrightError(f"pip could not do its part: {errors[-1].rstrip('. ')}.")
