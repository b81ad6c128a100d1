"""The page that lists what is probably annotated wrongly."""

import html
from collections.abc import Sequence

from . import page
from .errors_page import STYLE
from .suspects import Believed, Suspect

# Most places on the page.
MOST = 2000


def render_page(suspects: Sequence[Suspect], *, corpus: str, documents: int, told: str) -> str:
    """Write the page: one file, without anything from elsewhere.

    suspects (Sequence[Suspect]): What there is to show, the most probable errors first.
    corpus (str): The name of the corpus.
    documents (int): How many documents it has.
    told (str): How the places were found, such as "5 folds".
    RETURNS (str): HTML.
    """
    concerned = len({suspect.document for suspect in suspects})
    lead = (
        f"<p><strong>{html.escape(corpus)}</strong> has {documents:,} documents. In {concerned:,} "
        f"of them, at {len(suspects):,} places, a pipeline that was not trained on the document "
        f"believes something else than what is annotated ({html.escape(told)}). The most probable "
        "errors come first. The probability of what is annotated is that of exactly this entity, "
        "or of no such entity, given the whole document.</p>\n"
    )
    items = "".join(map(_item, suspects[:MOST]))
    left_out = len(suspects) - MOST
    rest = f"<p>{left_out:,} more, less probable, are not on this page, but in errors.jsonl.</p>"
    body = f"{lead}<ol>{items}</ol>{rest if left_out > 0 else ''}"
    return page.render(f"Probably annotated wrongly: {corpus}", body, style=STYLE)


def _item(suspect: Suspect) -> str:
    facts = [f"<li>annotated: {_annotated(suspect)}</li>", *map(_believed, suspect.believed)]
    if not suspect.believed:
        facts.append("<li>believed: nothing</li>")
    return (
        f"<li><p>{html.escape(suspect.left)}<mark>{html.escape(suspect.text)}</mark>"
        f"{html.escape(suspect.right)}</p><ul>{''.join(facts)}</ul>"
        f"<small>document {suspect.document:,}, token {suspect.first_token + 1:,}</small></li>"
    )


def _annotated(suspect: Suspect) -> str:
    label, chance = suspect.annotated, page.probability(suspect.probability)
    return f"{'nothing' if label is None else f'<b>{html.escape(label)}</b>'}, {chance}"


def _believed(each: Believed) -> str:
    if each.probability is None:
        chance = "set by an earlier component"
    else:
        chance = page.probability(each.probability)
    return (
        f"<li>believed: <b>{html.escape(each.label)}</b> “{html.escape(each.text)}”, {chance}</li>"
    )
