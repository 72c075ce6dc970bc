"""Links and pictures of the documentation lead to something that is there."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/*.md"), *CHECKOUT.glob("examples/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
ELSEWHERE = re.compile(r"[a-z]+:")  # https: and its like


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Return what a page links to in this project: paths from the page, "" for itself, and headings, "" for none."""
    for target in LINK.findall(CODE.sub("", page.read_text("utf-8"))):
        if not ELSEWHERE.match(target):
            path, _, heading = target.partition("#")
            yield unquote(path), heading


def headings(page: Path) -> set[str]:
    """Return the headings of a page as links name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.strip().lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for path, heading in links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {path}"
        assert target.is_relative_to(CHECKOUT), f"{page.name} links to {path}, outside of the project"
        if heading:
            assert heading in headings(target), f"{page.name} links to {path}#{heading}"


def test_every_page_and_picture_is_reached() -> None:
    reached = {(page.parent / path).resolve() for page in PAGES for path, _ in links(page) if path}
    pictures = {path for path in (CHECKOUT / "docs" / "pictures").iterdir() if path.suffix in {".png", ".jpg"}}
    pages = set((CHECKOUT / "docs").glob("*.md"))
    assert sorted(path.name for path in (pages | pictures) - reached) == []
