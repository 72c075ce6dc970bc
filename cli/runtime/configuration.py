"""What pip's configuration says that our own downloader must respect too: index, login, certificates, proxy."""

import base64
import configparser
import netrc
import os
import ssl
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

PACKAGE_INDEX = "https://pypi.org/simple"
AGENT = "posewright"
CERTIFICATES = "pip/_vendor/certifi/cacert.pem"  # inside pip


def pip_setting(name: str) -> str:
    """Return a global setting of pip, such as "index-url": its variable, else its configuration files, else ""."""
    value = os.environ.get(f"PIP_{name.upper().replace('-', '_')}", "")
    for file in _files() if not value else ():
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, "utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue
        value = parser.get("global", name, fallback="").strip() or value  # later files win, as in pip
    return value


def _files() -> Iterator[Path]:
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path.home()
    if sys.platform == "win32":
        yield Path(os.environ.get("PROGRAMDATA", "C:/ProgramData"), "pip", "pip.ini")
        yield home / "pip" / "pip.ini"
        yield Path(os.environ.get("APPDATA", home), "pip", "pip.ini")
    else:
        yield Path("/etc/pip.conf")
        if sys.platform == "darwin":
            yield home / "Library" / "Application Support" / "pip" / "pip.conf"
        yield home / ".pip" / "pip.conf"
        yield Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    if named:
        yield Path(named)


def package_index() -> str:
    """Return the address of the package index, without a slash at its end and without a password."""
    return _without_login(pip_setting("index-url") or PACKAGE_INDEX).rstrip("/")


def _without_login(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def login(address: str) -> dict[str, str]:
    """Return the header with the name and password that pip would send there: of an index's address, else of netrc."""
    host = urlsplit(address)
    for index in map(urlsplit, f"{pip_setting('index-url')} {pip_setting('extra-index-url')}".split()):
        if index.username is not None and (index.hostname, index.port) == (host.hostname, host.port):
            return _basic(unquote(index.username), unquote(index.password or ""))
    try:
        kept = _netrc(host.hostname or "")
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):  # none, or one that pip cannot read either
        kept = None
    return _basic(kept[0] or kept[1], kept[2]) if kept else {}


def _netrc(host: str) -> tuple[str, str, str] | None:
    named = os.environ.get("NETRC")
    places = [Path(named)] if named else [Path.home() / name for name in (".netrc", "_netrc")]
    file = next((place for place in places if place.is_file()), None)
    return netrc.netrc(file).authenticators(host) if file else None


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def opener(pip_wheel: Path | None = None) -> urllib.request.OpenerDirector:
    """Return what opens addresses: with the user's proxy and certificates, and those that pip's wheel brings.

    Blender's own Python often finds no certificates on the system; pip's are then what makes https work.
    """
    context = ssl.create_default_context()
    named = pip_setting("cert")
    if named and Path(named).exists():
        place = {"capath": named} if Path(named).is_dir() else {"cafile": named}
        context.load_verify_locations(**place)
    if pip_wheel is not None:
        context.load_verify_locations(cadata=_certificates(pip_wheel))
    proxy = pip_setting("proxy")
    proxies = {"http": proxy, "https": proxy} if proxy else None  # None: the system's and the environment's
    made = urllib.request.build_opener(
        urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
    )
    made.addheaders = [("User-Agent", AGENT)]
    return made


def _certificates(wheel: Path) -> str | None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(CERTIFICATES).decode("ascii", "ignore")
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
