"""A report as one HTML page that needs nothing else: no network, no script, light and dark, fit to be printed."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

from ..take import Take
from . import charts, plots
from .events import Event, find_events
from .facts import Fact, key_facts, origins
from .motion import Motion
from .plots import Figure
from .sticks import moments_figure
from .style import STYLE

UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that no page may hold; a file name can."""

MOST_EVENTS: Final = 200


def report_page(take: Take, title: str, made: datetime | None = None) -> str:
    """Return the page about a take, named ``title``; ``made`` is when the take was made."""
    motion = Motion(take)
    events = find_events(motion)
    parts = [
        _head(title, motion, made),
        _facts(key_facts(motion, events)),
        _figure(moments_figure(motion)),
        _moments(motion, events),
        *(_figure(figure) for figure in figures(motion)),
        _origins(origins(motion)),
    ]
    head = (
        '<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{escape(title)}: report</title><style>{STYLE}</style>"
    )
    body = "\n".join(parts)
    page = f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body><main>\n{body}\n</main></body></html>\n'
    return UNPRINTABLE.sub("", page)


def figures(motion: Motion) -> list[Figure]:
    """Return the plots of a report below its summary, in their order."""
    return [
        plots.path_figure(motion),
        plots.feet_figure(motion),
        plots.slide_figure(motion),
        plots.root_figure(motion),
        plots.jitter_figure(motion),
        charts.parts_figure(motion),
        charts.confidence_figure(motion),
        charts.bones_figure(motion),
    ]


def _head(title: str, motion: Motion, made: datetime | None) -> str:
    source = motion.take.recorded("source", dict).get("name")
    words = [f"from {source}" if source else "", f"made on {made:%Y-%m-%d at %H:%M}" if made else ""]
    line = ", ".join(word for word in words if word)
    return f"<header><h1>{escape(title)}</h1><p>{escape(line)}</p></header>"


def _facts(facts: Sequence[Fact]) -> str:
    cells = "".join(
        f'<div class="fact {fact.state}"><dt>{escape(fact.name)}</dt><dd><b>{escape(fact.value)}</b>'
        f"<span>{escape(fact.words)}</span></dd></div>"
        for fact in facts
    )
    return f'<dl class="facts">{cells}</dl>'


def _figure(figure: Figure) -> str:
    """Return a section with a plot, its sentence and its legend."""
    legend = "".join(f'<span><i class="{style}"></i>{escape(words)}</span>' for style, words in figure.legend)
    parts = [f"<h2>{escape(figure.title)}</h2><p>{escape(figure.sentence)}</p>"]
    if legend:
        parts.append(f'<p class="legend">{legend}</p>')
    if figure.svg:
        parts.append(f'<div class="plot">{figure.svg}</div>')
    return f"<section>{''.join(parts)}{figure.extra}</section>"


def _moments(motion: Motion, events: Sequence[Event]) -> str:
    """Return the section with what was found when, and what the capture warned of."""
    figure = charts.events_figure(motion, events)
    items = "".join(_item(event) for event in events[:MOST_EVENTS])
    more = f"<p>And {len(events) - MOST_EVENTS} more.</p>" if len(events) > MOST_EVENTS else ""
    warned = [str(text) for text in motion.take.recorded("warnings", list)]
    notes = "".join(f"<li>{escape(text)}</li>" for text in warned)
    extra = f'<ul class="events">{items}</ul>{more}' if items else ""
    extra += f"<h3>From the capture</h3><ul>{notes}</ul>" if notes else ""
    return _figure(Figure(figure.title, figure.sentence, figure.svg, figure.legend, extra))


def _item(event: Event) -> str:
    style = "warning" if event.is_warning else "note"
    return f'<li class="{style}"><b>{escape(event.when)}</b> {escape(event.sentence)}</li>'


def _origins(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in rows)
    return f'<section><h2>Where it came from</h2><dl class="origins">{cells}</dl></section>'
