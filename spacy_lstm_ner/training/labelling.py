"""Text that a pipeline labels, file by file: one that is there is whole, and not made again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import minibatch
from spacy.vocab import Vocab

from ..errors import CodedError, Errors
from .docbin import write_docbins
from .partly import annotated_labels

# Texts of a file.
SHARD = 1000


@dataclass(frozen=True)
class Survey:
    """What a pipeline found, or what is annotated.

    texts (int): How many texts.
    tokens (int): How many tokens.
    labels (Counter[str]): How many entities of each label.
    is_narrow (bool): Whether each text says that it was annotated for some of the labels alone.
    """

    texts: int
    tokens: int
    labels: Counter[str]
    is_narrow: bool = False


def label(nlp: Language, texts: Iterable[str | Doc], folder: Path) -> None:
    """Let a pipeline label texts.

    nlp (Language): The pipeline.
    texts (Iterable[Union[str, Doc]]): The texts. Of documents, text and tokens count alone.
    folder (Path): Where the files go, 00000.spacy and so on, SHARD texts each. Those that are
        there, of the same texts, stay as they are.
    RAISES (ValueError): The pipeline fails, or a file cannot be written.
    """
    for number, batch in enumerate(minibatch(texts, SHARD)):
        path = folder / f"{number:05}.spacy"
        if not path.exists():
            write_docbins({path: _process(nlp, batch, number * SHARD)})


def _process(nlp: Language, texts: list[str | Doc], first: int) -> list[Doc]:
    inputs = (text if isinstance(text, str) else bare(text, nlp.vocab) for text in texts)
    try:
        return list(nlp.pipe(inputs))
    except Exception as error:  # a pipeline can fail in any way, a remote one above all
        raise CodedError(
            Errors.E220.format(first=first + 1, last=first + len(texts), error=error)
        ) from error


def bare(doc: Doc, vocab: Vocab) -> Doc:
    """The tokens of a document without what is annotated on them."""
    known = not doc.has_unknown_spaces
    spaces = [bool(token.whitespace_) for token in doc] if known else None
    return Doc(vocab, words=[token.text for token in doc], spaces=spaces)


def read_labelled(folder: Path, vocab: Vocab) -> Iterator[Doc]:
    """The documents that `label` wrote, in their order.

    folder (Path): Where they are.
    vocab (Vocab): The vocabulary that they are to have.
    RAISES (ValueError): A file is damaged.
    """
    for path in sorted(folder.glob("*.spacy")):
        try:
            docs = list(DocBin().from_disk(path).get_docs(vocab))
        except Exception as error:  # a file can be of anything
            raise CodedError(Errors.E221.format(path=path, error=error)) from error
        yield from docs


def survey(docs: Iterable[Doc]) -> Survey:
    """Count what there is in documents."""
    texts = tokens = narrow = 0
    labels: Counter[str] = Counter()
    for doc in docs:
        texts += 1
        tokens += len(doc)
        labels.update(ent.label_ for ent in doc.ents)
        narrow += annotated_labels(doc) is not None
    return Survey(texts, tokens, labels, is_narrow=0 < narrow == texts)
