"""`python -m spacy lstm-ner render`: a page of texts with the entities that a pipeline finds.

spaCy's `evaluate --displacy-path` draws entities for a component called `ner` only.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated as Option

import typer
from spacy import displacy
from spacy.language import Language
from spacy.tokens import DocBin
from wasabi import msg

from ..errors import CodedError, Errors
from ..pipeline.loading import load_entity_finder
from . import lstm_ner_cli, printable
from .outputs import replaced


@lstm_ner_cli.command("render")
def render_cli(
    model: Option[str, typer.Argument(help="Pipeline: its folder or package name")],
    data_path: Option[Path, typer.Argument(help="Texts, as a .spacy file", exists=True)],
    output_path: Option[Path, typer.Argument(help="HTML page to write")],
    limit: Option[int, typer.Option("--limit", "-n", help="Documents to draw; 0 for all")] = 25,
) -> None:
    """Draw the entities that a pipeline finds in texts."""
    try:
        nlp = load_entity_finder(model)
        render(nlp, _read(data_path, nlp, limit or None), output_path)
    except ValueError as error:  # spaCy's too, of a component that was never trained
        msg.fail("Could not render", printable(error), exits=1)
    msg.good(f"Wrote {printable(output_path)}")


def _read(path: Path, nlp: Language, limit: int | None) -> list[str]:
    """The texts of a `.spacy` file, as many as are to be drawn."""
    try:
        docs = DocBin().from_disk(path).get_docs(nlp.vocab)
        return [doc.text for doc in islice(docs, limit)]
    except Exception as error:  # a file can be of anything
        raise CodedError(Errors.E141.format(path=path, error=error)) from error


def render(nlp: Language, texts: Iterable[str], output_path: str | Path) -> None:
    """Write an HTML page of texts with the entities that a pipeline finds in them.

    nlp (Language): The pipeline.
    texts (Iterable[str]): The texts.
    output_path (Union[str, Path]): The page. Its folder is made if it does not exist.
    RAISES (ValueError): The page cannot be written.
    """
    with replaced(Path(output_path)) as file:
        html = displacy.render(list(nlp.pipe(texts)), style="ent", page=True, jupyter=False)
        # Half of a surrogate pair is no UTF-8.
        file.write(html.encode("utf-8", "backslashreplace"))
