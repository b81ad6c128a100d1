"""Hugging Face's data sets for token classification, in JSON or Parquet.

https://huggingface.co/docs/transformers/tasks/token_classification shows one: "tokens", and
"ner_tags" as integers whose names the data set knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CodedError, Errors
from ...tags import MISSING
from .annotated import Annotated, Row, read_rows
from .format import Format, option
from .labels import LabelMap
from .parquet import read_parquet
from .prefixes import add_prefixes
from .problems import Problems
from .records import Record, check_text, first_fields, read_records, short
from .tokenizer import Tokenizer

_TAGS = ("ner_tags", "tags")
_IGNORED = -100  # what torch's loss, and so transformers, leaves out


@dataclass
class HuggingFace(Format):
    """Hugging Face's token classification: "tokens" and "ner_tags" (or "tags"), JSON or Parquet.

    Every row is a document. Parquet needs the extra spacy_lstm_ner[parquet].

    tag_names (Tuple[str, ...]): Names of tags that are integers, from 0; by default those that a
        Parquet file has itself.
    """

    suffixes = (".json", ".jsonl", ".parquet")

    tag_names: tuple[str, ...] = option((), "Names of tags that are integers, e.g. O,B-PER,I-PER")

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether the first object has tokens and tags. See `Format.recognizes`."""
        fields = first_fields(text)
        return "tokens" in fields and any(name in fields for name in _TAGS)

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        features: dict[str, Any] = {}
        if path.suffix.lower() == ".parquet":
            rows, features = read_parquet(path, problems)
            records = [Record(path, i, row, problems) for i, row in enumerate(rows, 1)]
        else:
            records = read_records(path, self.encoding, problems)
        sentences = [self._rows(record, features) for record in records]
        for sentence in filter(None, add_prefixes(sentences)):
            yield from read_rows(sentence, tokenizer, labels, problems, path=path)

    def _rows(self, record: Record, features: dict[str, Any]) -> list[Row]:
        name = next((name for name in _TAGS if name in record.fields), _TAGS[0])
        tokens, tags = record.fields.get("tokens"), record.fields.get(name)
        if not isinstance(tokens, list) or not isinstance(tags, list):
            found = f"{short(tokens)} and {short(tags)}"
            record.wrong(Errors.E255.format(found=found, tags=name))
            return []
        if len(tokens) != len(tags):
            record.wrong(Errors.E252.format(tokens=len(tokens), tags=len(tags)))
            return []
        names = self.tag_names or _names(features.get(name))
        try:
            return [
                Row(record.line, check_text(token, "token"), _name(tag, names))
                for token, tag in zip(tokens, tags, strict=True)
            ]
        except CodedError as error:
            record.wrong(error)
            return []


def _names(feature: Any) -> Sequence[str]:
    """The names of a column's tags: {"feature": {"names": [...]}}, or [{"names": [...]}].

    None if there is something else; the first tag is then an error that asks for names.
    """
    match feature:
        case {"names": [*names]}:
            return names if all(isinstance(name, str) for name in names) else ()
        case {"feature": inner} | [inner]:
            return _names(inner)
        case _:
            return ()


def _name(tag: Any, names: Sequence[str]) -> str:
    if type(tag) is not int:
        return check_text(tag, "tag")
    if tag == _IGNORED:
        return MISSING
    if not 0 <= tag < len(names):
        raise CodedError(Errors.E253.format(tag=tag, names=", ".join(names) or "none"))
    return check_text(names[tag], "tag")
