"""`python -m spacy lstm-ner render`: a page of texts with the entities that a pipeline finds.

spaCy's `evaluate --displacy-path` draws entities for a component called `ner` only.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated as Option

import spacy
import typer
from spacy import displacy
from spacy.language import Language
from spacy.tokens import DocBin
from wasabi import msg

from . import lstm_ner_cli


@lstm_ner_cli.command("render")
def render_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    data_path: Option[Path, typer.Argument(help="Texts, as a .spacy file", exists=True)],
    output_path: Option[Path, typer.Argument(help="HTML page to write")],
    limit: Option[int, typer.Option("--limit", "-n", help="Documents to draw; 0 for all")] = 25,
) -> None:
    """Draw the entities that a pipeline finds in texts."""
    nlp = spacy.load(model)
    docs = DocBin().from_disk(data_path).get_docs(nlp.vocab)
    render(nlp, (doc.text for doc in islice(docs, limit or None)), output_path)
    msg.good(f"Wrote {output_path}")


def render(nlp: Language, texts: Iterable[str], output_path: str | Path) -> None:
    """Write an HTML page of texts with the entities that a pipeline finds in them.

    nlp (Language): The pipeline.
    texts (Iterable[str]): The texts.
    output_path (Union[str, Path]): The page. Its folder is made if it does not exist.
    """
    html = displacy.render(list(nlp.pipe(texts)), style="ent", page=True, jupyter=False)
    output_path = Path(output_path)
    output_path.parent.mkdir(parents=True, exist_ok=True)
    output_path.write_text(html, encoding="utf-8")
