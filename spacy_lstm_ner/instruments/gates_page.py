"""A page of what gates do: tokens and entities, and under them each gate of some units."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc

from ..types import Doubles, Ints
from . import drawing, page
from .gates import GATES, NAMES, Activations, Place

# Tokens side by side, and tokens in all.
WINDOW, MOST = 32, 320
# Tokens of context on either side of a place.
AROUND = 5


@dataclass(frozen=True)
class Panel:
    """One layer in one direction, as it is shown.

    activations (Activations): What it computes in the text.
    units (Ints): The units to show. shape: (units,).
    places (Sequence[Sequence[Place]]): Where in the corpus each of them is on.
    """

    activations: Activations
    units: Ints
    places: Sequence[Sequence[Place]]


def render_gates(
    title: str, doc: Doc, panels: Sequence[Panel], corpus: Sequence[Doc], chosen: str
) -> str:
    """Write the page.

    title (str): Its heading.
    doc (Doc): The text, with the entities that are found in it. The first MOST tokens are shown.
    panels (Sequence[Panel]): What to show of it.
    corpus (Sequence[Doc]): The documents that places are in.
    chosen (str): By what the units were chosen, to end a sentence with.
    RETURNS (str): HTML.
    RAISES (ValueError): Matplotlib is not installed.
    """
    shown = min(len(doc), MOST)
    rest = f" The first {shown} of {len(doc)} tokens are shown." if shown < len(doc) else ""
    parts = [LEAD.replace("CHOSEN", html.escape(chosen)).replace("REST", rest)]
    for panel in panels:
        found = panel.activations
        parts.append(f"<h2>Layer {found.layer}, {found.direction}</h2>")
        for start in range(0, shown, WINDOW):
            parts.append(_grid(doc, panel, start, min(start + WINDOW, shown)))
        if any(panel.places):
            parts += ["<h3>Where else these units are on</h3>", _places(panel, corpus)]
    return page.render(title, "\n".join(parts), style=STYLE)


def _grid(doc: Doc, panel: Panel, start: int, end: int) -> str:
    """Some tokens, their entities, and a row of pixels for each unit under them."""
    values, units = panel.activations.values, panel.units
    cells = ["<span></span>"]
    cells += [f'<span class="token">{html.escape(token.text)}</span>' for token in doc[start:end]]
    cells += ["<span></span>", *_entities(doc, start, end)]
    numbers = "".join(f"<span>{unit}</span>" for unit in units.tolist())
    for letter in sorted(values, key=list(NAMES).index):
        rows = values[letter][start:end, units].T  # (units, tokens)
        low, high = _range(letter, values[letter][:, units])
        told = f"{NAMES[letter]} of {len(units)} units at tokens {start} to {end - 1}"
        image = page.image(drawing.pixels(rows, low=low, high=high), told)
        cells.append(
            f'<span class="name"><b>{NAMES[letter]}</b><br>{low:.2g} to {high:.2g}'
            f'</span><span class="rows"><span class="units">{numbers}</span>'
            f"{image}</span>"
        )
    sizes = f"--tokens: {end - start}; --units: {len(units)}"
    grid = f'<div class="grid" style="{sizes}">{"".join(cells)}</div>'
    return f'<div class="wide" tabindex="0">{grid}</div>'


def _range(letter: str, values: Doubles) -> tuple[float, float]:
    """What both ends of the colors stand for: whole gates, or the largest of all numbers."""
    if letter in GATES:
        return 0.0, 1.0
    largest = float(np.abs(values).max()) or 1.0
    return -largest, largest


def _entities(doc: Doc, start: int, end: int) -> Iterator[str]:
    """Labels over their tokens, and empty cells."""
    token = start
    while token < end:
        ent = next((ent for ent in doc.ents if ent.start <= token < ent.end), None)
        stop = min(ent.end, end) if ent else token + 1
        label = f'<span class="entity" style="grid-column: span {stop - token}">{{}}</span>'
        yield label.format(html.escape(ent.label_)) if ent else "<span></span>"
        token = stop


def _places(panel: Panel, corpus: Sequence[Doc]) -> str:
    items = []
    for unit, places in zip(panel.units.tolist(), panel.places, strict=True):
        words = dict.fromkeys(html.escape(corpus[place.doc][place.token].text) for place in places)
        rows = "".join(
            f"<li>{place.value:+.2f} {_context(corpus[place.doc], place.token)}</li>"
            for place in places
        )
        summary = f"<summary>unit {unit}: {', '.join(words)}</summary>"
        items.append(f"<details>{summary}<ol>{rows}</ol></details>")
    return "".join(items)


def _context(doc: Doc, token: int) -> str:
    before = doc[max(0, token - AROUND) : token].text
    after = doc[token + 1 : token + 1 + AROUND].text
    word = f"<b>{html.escape(doc[token].text)}</b>"
    label = doc[token].ent_type_
    kind = f" <small>{html.escape(label)}</small>" if label else ""
    return f"{html.escape(before)} {word}{kind} {html.escape(after)}"


LEAD = """<p>Each column is a token, each thin row a unit: the CHOSEN. Gates are white at 0 and blue
at 1: the input gate says how much of the candidate is written to the cell, the forget gate how much
of the cell is kept, the output gate how much of it is shown as the state. Candidate, cell and state
are blue above 0 and red below.REST</p>"""
STYLE = """
.grid { display: grid; grid-template-columns: 7.5rem repeat(var(--tokens), 1.7rem);
  grid-auto-flow: dense; width: max-content; margin: 1rem 0; align-items: end; }
.token { writing-mode: vertical-rl; transform: rotate(180deg); font-size: .8rem; max-height: 9rem;
  overflow: hidden; justify-self: center; }
.entity { border: 1px solid var(--ink); border-width: 2px 1px 0; font-size: .65rem;
  text-align: center; white-space: nowrap; overflow: hidden; }
.name { font-size: .75rem; line-height: 1.2; padding-right: .5rem; align-self: center; }
.rows { grid-column: 2 / -1; margin: 2px 0; position: relative; }
.rows img { display: block; width: 100%; height: calc(var(--units) * .6rem);
  image-rendering: pixelated; border-radius: 2px; }
.units { position: absolute; right: 100%; top: 0; font-size: .5rem; line-height: .6rem;
  color: var(--soft); padding-right: 2px; } .units span { display: block; text-align: right; }
details { margin: .25rem 0; } small { color: var(--soft); }
"""
