"""What Prodigy exports, https://prodi.gy/docs/api-interfaces: JSON Lines with tasks and answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc
from spacy.util import get_words_and_spaces

from ...errors import CodedError, Errors
from .annotated import Annotated
from .format import Format
from .labels import LabelMap
from .mentions import INCORRECT_SPANS, Mention, describe, find_span, set_mentions, set_unknown
from .problems import Problems
from .records import Record, check_text, first_fields, read_records, tell_skipped
from .tokenizer import Tokenizer

ACCEPT, REJECT, IGNORE = "accept", "reject", "ignore"
# Interfaces in which all entities of a text are marked, and those that ask about given spans.
_COMPLETE = ("ner_manual", "spans_manual", "relations", "review", "blocks")
_BINARY = ("ner", "spans")
# Those of them that other things than entities are annotated in as well.
_MIXED = ("review", "blocks")
# What spans have that a model or a pattern suggested, where the task does not name its interface.
_SUGGESTED = ("score", "pattern")


@dataclass
class Text:
    """What the tasks about a text say together.

    record (Record): The first of them.
    text (str): The text.
    tokens (Optional[List[str]]): Its tokens, if a task has them.
    complete (bool): Whether all entities are marked.
    accepted (List[Mention]): Spans that are entities.
    rejected (List[Mention]): Spans that are no entities of their label.
    """

    record: Record
    text: str
    tokens: list[str] | None = None
    complete: bool = False
    accepted: list[Mention] = field(default_factory=list)
    rejected: list[Mention] = field(default_factory=list)

    def add(self, task: Record) -> None:
        """Take in what a task says."""
        self.tokens = self.tokens or _tokens(task)
        self.complete = self.complete or not _is_binary(task)
        for span in task.objects("spans"):
            start, end, label = span.get("start"), span.get("end"), span.get("label")
            mention = task.mention(start, end, label, self.text)
            answer = span.get("answer", task.fields["answer"])
            if mention and answer == ACCEPT:
                self.accepted.append(mention)
            elif mention and answer == REJECT:
                self.rejected.append(mention)


@dataclass
class Prodigy(Format):
    """Prodigy's JSON Lines: tasks with spans, accepted, rejected or ignored.

    All tasks on a text become one document. A rejected suggestion is kept in
    doc.spans["incorrect_spans"].
    """

    suffixes = (".jsonl", ".json")

    @classmethod
    def recognizes(cls, text: str) -> bool:
        """Whether the first object is a task of Prodigy. See `Format.recognizes`."""
        fields = first_fields(text)
        return "text" in fields and bool(fields.keys() & {"answer", "spans", "_input_hash"})

    def read(
        self, path: Path, tokenizer: Tokenizer, labels: LabelMap, problems: Problems
    ) -> Iterator[Annotated]:
        """Read a file. See `Format.read`."""
        skipped: list[str] = []
        texts = _gather(read_records(path, self.encoding, problems), skipped)
        documents = [_to_annotated(text, tokenizer, labels) for text in texts]
        found = [document for document in documents if document]
        tell_skipped(found, skipped, problems, path=path)
        yield from found


def _gather(tasks: Sequence[Record], skipped: list[str]) -> list[Text]:
    """The texts with what tasks say about them; note tasks that say nothing."""
    texts: dict[tuple[str, str], Text] = {}
    for task in tasks:
        text = task.text("text")
        if text is None or not _can_be_read(task):
            continue
        if reason := _reason_to_skip(task):
            skipped.append(f"{task.place}: {reason}")
            continue
        # Prodigy's own merge goes by this hash, which tasks written elsewhere do not have.
        key = str(task.fields.get("_input_hash")), text
        texts.setdefault(key, Text(task, text)).add(task)
    return list(texts.values())


def _can_be_read(task: Record) -> bool:
    """Whether answer and interface are known ones; others are problems."""
    answer, view = task.fields.get("answer", IGNORE), task.fields.get("_view_id")
    known = {"answer": (ACCEPT, REJECT, IGNORE), "_view_id": (None, *_COMPLETE, *_BINARY)}
    wrong = {"answer": answer, "_view_id": view}
    wrong = {name: value for name, value in wrong.items() if value not in known[name]}
    for name, value in wrong.items():
        expected = f"one of {', '.join(filter(None, known[name]))}"
        task.wrong(Errors.E243.format(name=name, expected=expected, found=repr(value)))
    return not wrong


def _reason_to_skip(task: Record) -> str:
    """Why a task says nothing; empty if it says something.

    To reject a task in which all was marked by hand means to leave it out of training
    (https://support.prodi.gy/t/what-do-the-accept-reject-and-ignore-buttons-do/5036): which of its
    spans are wrong, or what is missing, is not said.
    """
    answer = task.fields.get("answer")
    if answer is None:
        return "not answered"
    if answer == IGNORE:
        return "ignored"
    if task.fields.get("_view_id") in _MIXED and "spans" not in task.fields:
        return "no task of entities"
    return "rejected as a whole" if answer == REJECT and not _is_binary(task) else ""


def _is_binary(task: Record) -> bool:
    """Whether a task asks about given spans, and says nothing of what else there is."""
    if view := task.fields.get("_view_id"):
        return view in _BINARY
    spans = task.fields.get("spans")
    spans = [span for span in spans if isinstance(span, dict)] if isinstance(spans, list) else []
    suggested = any(name in span for span in spans for name in _SUGGESTED)
    return suggested and "tokens" not in task.fields


def _tokens(task: Record) -> list[str] | None:
    """The tokens of a task; none if it has none, or wrong ones, which is a problem."""
    if not task.fields.get("tokens"):
        return None
    try:
        return [check_text(token.get("text"), "token") for token in task.objects("tokens")]
    except CodedError as error:
        task.wrong(error)
        return None


def _to_annotated(text: Text, tokenizer: Tokenizer, labels: LabelMap) -> Annotated | None:
    doc = _to_doc(text, tokenizer)
    if doc is None:
        return None
    path = text.record.path
    disputed = {_key(mention, labels) for mention in text.accepted if labels.name(mention.label)}
    disputed &= {_key(mention, labels) for mention in text.rejected}
    accepted = [mention for mention in text.accepted if _key(mention, labels) not in disputed]
    rejected = [mention for mention in text.rejected if _key(mention, labels) not in disputed]
    lost, overlapping = set_mentions(doc, accepted, labels, path=path, complete=text.complete)
    lost += _set_incorrect(doc, rejected, labels, path)
    for mention in (mention for mention in text.accepted if _key(mention, labels) in disputed):
        set_unknown(doc, mention.start, mention.end)
        lost.append(f"{describe(mention, text.text, path)}, which is both accepted and rejected")
    return Annotated(doc, path, text.record.line, lost=lost, overlapping=overlapping)


def _key(mention: Mention, labels: LabelMap) -> tuple[int, int, str | None]:
    return mention.start, mention.end, labels.name(mention.label)


def _to_doc(text: Text, tokenizer: Tokenizer) -> Doc | None:
    if not text.tokens:
        return tokenizer.make_doc(text.text)
    try:
        words, spaces = get_words_and_spaces(text.tokens, text.text)
    except ValueError:
        text.record.wrong(Errors.E247)
        return None
    return Doc(tokenizer.vocab, words=words, spaces=spaces)


def _set_incorrect(
    doc: Doc, mentions: Sequence[Mention], labels: LabelMap, path: Path
) -> list[str]:
    """Set spans as no entities of their label; those that end within a token are listed."""
    text, lost, spans = doc.text, [], []
    for mention in mentions:
        label = labels(mention.label)
        if label is None:
            continue
        if span := find_span(doc, text, mention, label):
            spans.append(span)
        else:
            lost.append(describe(mention, text, path))
    if spans:
        doc.spans[INCORRECT_SPANS] = spans
    return lost
