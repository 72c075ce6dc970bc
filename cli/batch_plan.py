"""The clips of a batch: which files they are, where their results go, and whether they have changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..core.sequence import file_of, is_picture, name_of, sequence_of, sequences_in, title_of
from ..errors import PosewrightError
from .console import say

VIDEO_ENDINGS = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".3gp")


@dataclass(frozen=True)
class Job:
    """One clip and where its results go."""

    clip: Path  # of numbered pictures the first one
    stem: Path  # outputs are stem + ending

    def output(self, ending: str) -> Path:
        """Return the output with this ending, e.g. ``.npz``."""
        return self.stem.with_name(self.stem.name + ending)

    @property
    def name(self) -> str:
        """The name of the clip, with # for the digits of numbered pictures."""
        return name_of(self.clip)

    @property
    def status_file(self) -> Path:
        """The file that records what became of this clip."""
        return self.output(".status.json")


def plan_jobs(inputs: Iterable[Path], out: Path, *, pictures: bool = False) -> list[Job]:
    """Return a job for every clip; with ``pictures`` sequences of numbered pictures in folders are clips too.

    Raises PosewrightError when an input is missing or a folder holds no clip.
    """
    jobs: dict[Path, Job] = {}
    for source in inputs:
        if source.is_dir():
            named = [(clip, clip.relative_to(source)) for clip in _clips_in(source, pictures)]
        elif source.is_file():
            named = [(source, Path(source.name))]
        elif is_picture(source):
            named = [(file_of(source), Path(source.name))]
        else:
            raise PosewrightError(f"There is no file or folder {source}.")
        for clip, name in named:
            stem = out / name.with_name(title_of(clip))
            jobs.setdefault(clip.resolve(), Job(clip, _free_stem(stem, clip, jobs.values())))
    return list(jobs.values())


def stamp_of(clip: Path) -> list[int]:
    """Return what changes with the content of a clip: bytes and time of change; nothing when it cannot be read."""
    try:
        sequence = sequence_of(clip)
        facts = [path.stat() for path in (sequence.pictures if sequence is not None else (clip,))]
    except (OSError, PosewrightError):
        return []
    return [sum(fact.st_size for fact in facts), max(fact.st_mtime_ns for fact in facts)]


def _clips_in(folder: Path, pictures: bool) -> list[Path]:
    """Return the clips in a folder and in those within."""
    everything = sorted(folder.rglob("*"))
    clips = [path for path in everything if path.suffix.lower() in VIDEO_ENDINGS and path.is_file()]
    folders = [folder, *(path for path in everything if path.is_dir())]
    sequences = [sequence.pictures[0] for inner in folders for sequence in sequences_in(inner)]
    if pictures:
        return sorted(clips + sequences)
    if not clips and sequences:
        raise PosewrightError(
            f"The folder {folder} holds no video files, only numbered pictures: say their frame rate with --fps."
        )
    if not clips:
        raise PosewrightError(f"The folder {folder} holds no video files.")
    if sequences:
        say(f"{len(sequences)} sequences of numbered pictures are left out; to capture them, say their rate with --fps")
    return clips


def _free_stem(stem: Path, clip: Path, others: Iterable[Job]) -> Path:
    taken = {job.stem for job in others}
    if stem in taken:  # walk.mp4 beside walk.mov
        stem = stem.with_name(f"{stem.name}_{clip.suffix[1:].lower()}")
    number = 2
    base = stem
    while stem in taken:
        stem, number = base.with_name(f"{base.name}_{number}"), number + 1
    return stem
