"""Where weights lie, how they are checked, fetched and imported, and what the command says about it."""

import errno
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from posewright.cli.main import main
from posewright.errors import Cancelled, PosewrightError, UsageError
from posewright.weights import blazepose, registry, store
from posewright.weights.registry import (
    BLAZEPOSE,
    LIFTER,
    OFFICIAL_TCPFORMER,
    SHIPPED_FOLDER,
    best_lifter,
    shipped_sha256,
)

PARITY = Path(__file__).parent.parent / "data" / "parity"
NO_INDEX = {"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": "", "PIP_FIND_LINKS": ""}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, not made yet."""
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("POSEWRIGHT_OFFLINE", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole blazepose.safetensors of this machine."""
    try:
        return store.ensure("blazepose")
    except PosewrightError as error:
        pytest.skip(f"the weights are not here and cannot be fetched: {error}")


def silently(text: str) -> None:
    pass


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**NO_INDEX, "PIP_INDEX_URL": "https://127.0.0.1:9/simple", "PIP_RETRIES": "0"}.items():
        monkeypatch.setenv(name, value)


def test_the_folder_follows_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.home() == home
    monkeypatch.delenv("POSEWRIGHT_HOME")
    assert store.home().name == "posewright"


def test_an_empty_cache_lists_what_could_be_there(home: Path) -> None:
    known = {weights.entry.name: weights.path for weights in store.list_weights()}
    assert known["blazepose"] is None
    assert LIFTER.name in known
    assert not home.exists()  # looking makes no folder


def test_unknown_names(home: Path) -> None:
    with pytest.raises(UsageError, match=r"'nobody'.*blazepose"):
        store.ensure("nobody")


def test_offline_with_nothing_cached(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PosewrightError, match=r"not on this machine.*fetching is off.*weights get blazepose"):
        store.ensure("blazepose", offline=True)
    monkeypatch.setenv("POSEWRIGHT_OFFLINE", "1")
    with pytest.raises(PosewrightError, match="fetching is off"):
        store.ensure("blazepose")


def test_without_network_one_sentence_and_nothing_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)
    with pytest.raises(PosewrightError, match=r"index cannot be reached.*--from mediapipe-0\.10\.14") as caught:
        store.ensure("blazepose", log=silently)
    assert "\n" not in str(caught.value)
    assert files_in(home) == set()


def test_cancelling_stops_pip_and_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_network(monkeypatch)

    def cancel(stage: str, done: float, note: str = "") -> None:
        assert stage == "weights"
        raise Cancelled

    with pytest.raises(Cancelled):
        store.ensure("blazepose", log=silently, progress=cancel)
    assert list(home.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_leaves_nothing(home: Path) -> None:
    command = [sys.executable, "-m", "posewright", "weights", "get", "blazepose"]

    def listen() -> None:  # a test run in the background of a shell hands on that Ctrl-C is ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=listen)
    assert process.stderr is not None
    while "Downloading" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, words = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Stopped" in words
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("/usr/bin/python: No module named pip", "has no pip"),
        (
            "WARNING: Retrying: NewConnectionError(...)\nERROR: No matching distribution found for x",
            "cannot be reached",
        ),
        ("WARNING: what?\nERROR: Could not find x\nERROR: No matching distribution found.", "No matching distribution"),
        ("", "no reason"),
    ],
)
def test_pips_words_become_a_reason(said: str, reason: str) -> None:
    assert reason in blazepose._reason(said)


def test_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("POSEWRIGHT_HOME", str(tmp_path / "file" / "cache"))
    with pytest.raises(PosewrightError, match=r"Cannot write to .*POSEWRIGHT_HOME"):
        store.ensure("blazepose")


def test_full_disk(home: Path, converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for the small files only: the weights must not be there in part."""
    really = Path.write_bytes

    def write(path: Path, data: bytes) -> int:
        if len(data) > 1_000_000:
            really(path, data[:1000])
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(path, data)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(PosewrightError, match="the disk is full"):
        store.install_from("blazepose", converted, silently)
    assert not [name for name in files_in(home) if "safetensors" in name]


def test_installed_with_licence_and_origin(home: Path, converted: Path) -> None:
    path = store.install_from("blazepose", converted, silently)
    assert files_in(path.parent) == {"blazepose.safetensors", "blazepose.json", "LICENSE", "NOTICE"}
    assert "Apache License" in (path.parent / "LICENSE").read_text()
    assert "MediaPipe" in (path.parent / "NOTICE").read_text()
    assert json.loads((path.parent / "blazepose.json").read_text())["sha256"] == BLAZEPOSE.sha256
    started = time.monotonic()
    assert store.ensure("blazepose", offline=True) == path
    assert time.monotonic() - started < 0.5  # measured 0.02


def test_converting_gives_the_known_bytes(home: Path, tmp_path: Path) -> None:
    """From the wheel to our file, checked in every step; needs the package index."""
    try:
        wheel = blazepose.download_wheel(tmp_path, silently)
    except PosewrightError as error:
        pytest.skip(str(error))
    assert hashlib.sha256(blazepose.convert_wheel(wheel, silently)).hexdigest() == BLAZEPOSE.sha256
    renamed = wheel.rename(tmp_path / "mediapipe-0.10.14-cp311-cp311-win_amd64.whl")
    assert store.install_from("blazepose", renamed, silently).is_file()


@pytest.mark.parametrize("content", ["text", "zip", "model"])
def test_other_wheels_are_refused(home: Path, tmp_path: Path, content: str) -> None:
    wheel = tmp_path / "mediapipe.whl"
    wheel.write_text("no wheel")
    if content != "text":
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(blazepose.DETECTOR if content == "model" else "other", b"not a model")
    with pytest.raises(PosewrightError, match=r"not a mediapipe 0\.10\.14 wheel|not the file that was expected"):
        store.install_from("blazepose", wheel, silently)
    assert not home.exists()


def test_damage_is_found_named_and_mended(
    home: Path, converted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.install_from("blazepose", converted, silently)
    assert main(["weights", "verify"]) in (0, 1)  # 1 where our own lifter lacks its sum
    assert "blazepose: good" in "".join(capsys.readouterr())
    data = bytearray(path.read_bytes())
    data[500_000] ^= 1
    path.write_bytes(data)
    assert main(["weights", "verify"]) == 1
    words = capsys.readouterr().err
    assert "'blazepose' are damaged" in words and "posewright weights get blazepose" in words
    with pytest.raises(PosewrightError, match="damaged, and fetching is off"):
        store.ensure("blazepose", offline=True)
    store.install_from("blazepose", converted, silently)
    assert store.ensure("blazepose", offline=True).read_bytes() == converted.read_bytes()


def test_two_processes_at_once(home: Path, converted: Path) -> None:
    command = [sys.executable, "-m", "posewright", "weights", "get", "blazepose", "-q", "--from", str(converted)]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert all(verdict.good for verdict in store.verify() if verdict.name == "blazepose")
    assert not [name for name in files_in(home) if name.endswith(".part")]


def test_our_own_files_match_their_sums() -> None:
    files = sorted(path for path in SHIPPED_FOLDER.glob("*.safetensors"))
    if not files:
        pytest.skip("this tree has no lifter of its own yet")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert found == shipped_sha256(), "in weights/files run: sha256sum *.safetensors > SHA256SUMS"


@pytest.mark.parametrize("style", ["h36m", "mpi"])
def test_official_checkpoints_come_in_with_their_terms(
    home: Path, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = PARITY / f"tiny9_ckpt_{style}_style.pth.tr"
    assert main(["weights", "import", str(file), "--name", "official", "--json"]) == 0
    printed = capsys.readouterr()
    assert "not for commercial use" in printed.err
    path = Path(json.loads(printed.out)["path"])
    assert path == home / "lifters" / "official.safetensors" == store.ensure("official")
    record = store.provenance(path)
    assert record["name"] == "official" and "not for commercial use" in record["terms"]
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()

    assert main(["weights", "import", str(file), "--name", "Official"]) == 1
    assert "called 'Official' already" in capsys.readouterr().err


def test_imported_weights_are_the_checkpoint_exactly(home: Path) -> None:
    import torch
    from posewright.core.lifting.checkpoints import load_checkpoint

    file = PARITY / "tiny9_ckpt_h36m_style.pth.tr"
    assert main(["weights", "import", str(file), "-q"]) == 0
    original, kept = load_checkpoint(file), load_checkpoint(store.ensure("tiny9_ckpt_h36m_style"))
    assert kept.config == original.config and kept.convention == original.convention
    assert original.state.keys() == kept.state.keys()
    assert all(torch.equal(value, kept.state[name]) for name, value in original.state.items())


def test_damaged_import_says_what_to_do(home: Path) -> None:
    path = store.import_lifter("mine", lambda part: part.write_bytes(b"weights") and None, OFFICIAL_TCPFORMER)
    path.write_bytes(b"changed")
    with pytest.raises(PosewrightError, match=r"damaged or changed; delete mine\.json"):
        store.ensure("mine")
    path.unlink()
    with pytest.raises(PosewrightError, match="missing"):
        store.ensure("mine")
    path.with_suffix(".json").write_text("{")
    with pytest.raises(PosewrightError, match=r"mine\.json.*Delete it"):
        store.list_weights()


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "dot.", "ü"])
def test_names_that_are_no_file_names(home: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name weights"):
        store.check_name(name)


@pytest.mark.parametrize("name", ["blazepose", "default", "posewright-lifter", "BlazePose"])
def test_names_that_are_taken(home: Path, name: str) -> None:
    with pytest.raises(PosewrightError, match="already"):
        store.check_name(name)


def test_files_that_are_no_weights(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.pth.tr"
    file.write_text("no weights")
    assert main(["weights", "import", str(file)]) == 1
    assert main(["weights", "import", str(tmp_path / "none.pth")]) == 1
    assert main(["weights", "get", "blazepose", "--from", str(tmp_path / "none.whl")]) == 1
    assert main(["weights", "get", "default", "--from", str(file)]) == 2
    assert capsys.readouterr().err.count("posewright: ") == 4
    assert files_in(home) == set()


def test_unknown_files_are_recorded_by_their_sum(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "else.safetensors"
    file.write_bytes(b"weights")
    record = store.provenance(file)
    assert record["name"] == "else" and record["licence"] == "unknown"
    assert record["sha256"] == hashlib.sha256(b"weights").hexdigest()


def test_list_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["weights", "list", "--json"]) == 0
    known = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)["weights"]}
    assert known["blazepose"]["installed"] is False and known["blazepose"]["path"] is None
    assert known["blazepose"]["licence"] == "Apache-2.0"
    assert main(["weights", "list", "-v"]) == 0
    assert "training data" in capsys.readouterr().out


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of shipped weights with our own lifter in it, to which others can be added."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    for module in (registry, store):
        monkeypatch.setattr(module, "SHIPPED_FOLDER", folder)
    add_lifter(folder, LIFTER.file, 50.0, 2)
    return folder


def add_lifter(folder: Path, name: str, noisy_mm: float | None, evaluation: int | None) -> Path:
    """Put a copy of the shipped lifter on the shelf that claims other figures."""
    from posewright.core.lifting.checkpoints import load_checkpoint, save_weights

    checkpoint = load_checkpoint(SHIPPED_FOLDER / LIFTER.file)
    row = {"pa_mpjpe_mm": noisy_mm} if noisy_mm else {}
    row |= {"evaluation": evaluation} if evaluation else {}
    figures = {"lifter": {"exact": dict(row), "noisy": row}}
    save_weights(folder / name, checkpoint.state, {**checkpoint.meta(), "figures": figures})
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}" for file in folder.glob("*.safetensors")]
    (folder / "SHA256SUMS").write_text("\n".join(lines))
    return folder / name


def test_every_file_on_the_shelf_is_a_lifter_that_can_be_named(
    home: Path, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from posewright.core.lifting import load_lifter
    from posewright.core.pipeline import terms_of

    other = add_lifter(shelf, "posewright-frame.safetensors", 61.5, 2)
    assert main(["weights", "list", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    known = {entry["name"]: entry for entry in printed["weights"]}
    assert printed["default"] == LIFTER.name
    assert list(known)[:3] == ["blazepose", LIFTER.name, "posewright-frame"]
    assert known["posewright-frame"]["size"] == other.stat().st_size
    assert known["posewright-frame"]["key_figures"]["pa_noisy_mm"] == 61.5
    assert known["posewright-frame"]["key_figures"]["parameters"] > 1e6
    assert "NSF EIA-0196217" in known["posewright-frame"]["training_data"]
    assert main(["weights", "list", "-v"]) == 0
    assert "61.5 mm" in (text := capsys.readouterr().out) and "noisy 2D: pa_mpjpe_mm 61.5" in text

    lifter = load_lifter("posewright-frame", "cpu")
    assert lifter.name == "posewright-frame" and terms_of(lifter.provenance) == []
    assert load_lifter("default", "cpu").name == LIFTER.name
    assert store.ensure("posewright-frame", offline=True) == other
    assert {verdict.name for verdict in store.verify() if verdict.good} >= {LIFTER.name, "posewright-frame"}
    with pytest.raises(PosewrightError, match="already"):
        store.check_name("posewright-frame")


@pytest.mark.parametrize(
    ("noisy_mm", "evaluation", "better"),
    [(45.0, 2, True), (50.0, 2, False), (45.0, 1, False), (45.0, None, False), (None, 2, False)],
)
def test_the_default_is_the_best_by_figures_that_can_be_compared(
    home: Path, shelf: Path, noisy_mm: float | None, evaluation: int | None, better: bool
) -> None:
    add_lifter(shelf, "other.safetensors", noisy_mm, evaluation)
    assert best_lifter() == ("other" if better else LIFTER.name)
    assert store.find("default").entry.name == best_lifter()


def test_without_comparable_figures_of_its_own_our_lifter_stays_the_default(home: Path, shelf: Path) -> None:
    add_lifter(shelf, LIFTER.file, 50.0, None)
    add_lifter(shelf, "other.safetensors", 40.0, None)
    assert best_lifter() == LIFTER.name


def test_an_empty_shelf_still_knows_our_lifter(home: Path, shelf: Path) -> None:
    (shelf / LIFTER.file).unlink()
    assert best_lifter() == LIFTER.name
    assert store.find("default").path is None
    with pytest.raises(PosewrightError, match="install Posewright again"):
        store.ensure("default")


def test_what_was_imported_is_listed_with_its_figures(
    home: Path, shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = add_lifter(shelf, "mine.safetensors", 48.0, 2)
    elsewhere = mine.rename(shelf.parent / "mine.safetensors")
    assert main(["weights", "import", str(elsewhere), "-q"]) == 0
    assert main(["weights", "list"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("mine "))
    assert "48.0 mm" in line
    assert best_lifter() == LIFTER.name  # what somebody brings is used when it is named
