"""What Prodigy exports, https://prodi.gy/docs/api-interfaces: JSON Lines with tasks and answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spacy.tokens import Doc
from spacy.util import get_words_and_spaces

from ...errors import CodedError, Errors
from .annotated import Annotated
from .disputed import find_disputed
from .format import Format
from .labels import LabelMap
from .mentions import (
    INCORRECT_SPANS,
    Mention,
    describe,
    place,
    set_placed,
    set_unknown,
    tokens_of,
)
from .offsets import Given
from .problems import Problems
from .records import Record, check_text, first_fields, read_records, short, tell_skipped
from .tokenizer import Tokenizer

ACCEPT, REJECT, IGNORE = "accept", "reject", "ignore"
_ANSWERS = (ACCEPT, REJECT, IGNORE)
# Interfaces in which all entities of a text are marked, and those that ask about given spans.
_COMPLETE = ("ner_manual", "spans_manual", "relations", "review", "blocks")
_BINARY = ("ner", "spans")
_KNOWN = (*_COMPLETE, *_BINARY)
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
    spans (Dict[str, List[Mention]]): The spans by their answer: those that are entities, those that
        are no entities of their label, and those of which nothing is known.
    """

    record: Record
    text: str
    tokens: list[str] | None = None
    complete: bool = False
    spans: dict[str, list[Mention]] = field(default_factory=lambda: {a: [] for a in _ANSWERS})

    def add(self, task: Record) -> None:
        """Take in what a task says."""
        self.tokens = self.tokens or _tokens(task)
        self.complete = self.complete or not _is_binary(task)
        for span in task.objects("spans"):
            given = Given([(span.get("start"), span.get("end"))])
            mention = task.mention(given, span.get("label"), self.text)
            answer = _answer(task, span if "answer" in span else task.fields)
            if mention and answer:
                self.spans[answer].append(mention)


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
    """Whether answer and interface are known ones; others are problems.

    Without spans, a task of another interface is one of something else, and is skipped.
    """
    answer = _answer(task, task.fields)
    view = task.fields.get("_view_id")
    if view is None or view in _KNOWN or not task.fields.get("spans"):
        return answer is not None
    expected = f"one of {', '.join(_KNOWN)}"
    task.wrong(Errors.E243.format(name="_view_id", expected=expected, found=short(view)))
    return False


def _answer(task: Record, fields: dict[str, Any]) -> str | None:
    """The answer of a task or a span, which says nothing if there is none; others are problems."""
    answer = fields.get("answer")
    if answer is None:
        return IGNORE
    if answer in _ANSWERS:
        return str(answer)
    expected = f"one of {', '.join(_ANSWERS)}"
    task.wrong(Errors.E243.format(name="answer", expected=expected, found=short(answer)))
    return None


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
    if not _is_of_entities(task):
        return "no task of entities"
    return "rejected as a whole" if answer == REJECT and not _is_binary(task) else ""


def _is_of_entities(task: Record) -> bool:
    """Whether entities were looked for: without spans, its interface or its tokens show it.

    The interfaces to mark entities in are given tokens; what is said of whole texts is not.
    """
    view, has_spans = task.fields.get("_view_id"), task.fields.get("spans") is not None
    if view:
        return view in _KNOWN and (has_spans or view not in _MIXED)
    return has_spans or bool(task.fields.get("tokens"))


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
    accepted, rejected, ignored = (place(doc, text.spans[a], labels) for a in _ANSWERS)
    disputed = find_disputed(accepted.spans, rejected.spans)
    agreed = accepted.without(disputed)
    lost, overlapping = set_placed(doc, agreed, path=path, complete=text.complete)
    lost += [describe(mention, text.text, path) for mention in rejected.lost]
    if wrong := rejected.without(disputed).spans:
        doc.spans[INCORRECT_SPANS] = wrong
    for mention, span in accepted.found:
        if tokens_of(span) in disputed:
            set_unknown(doc, mention.start, mention.end)
            where = describe(mention, text.text, path)
            lost.append(f"{where}, which is both accepted and rejected")
    for mention in ignored.mentions:
        set_unknown(doc, mention.start, mention.end)
    return Annotated(doc, path, text.record.line, lost=lost, overlapping=overlapping)


def _to_doc(text: Text, tokenizer: Tokenizer) -> Doc | None:
    if not text.tokens:
        return tokenizer.make_doc(text.text)
    try:
        words, spaces = get_words_and_spaces(text.tokens, text.text)
    except ValueError:
        text.record.wrong(Errors.E247)
        return None
    return Doc(tokenizer.vocab, words=words, spaces=spaces)
