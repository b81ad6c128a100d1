import pytest
import spacy
from spacy.training import Example

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.convert import convert
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems
from spacy_lstm_ner.training.converters.prodigy import Prodigy

from ...conftest import entities
from ..util import NLP, read, unknown, write_lines

TEXT = "Ada saw New York ."
PER = {"start": 0, "end": 3, "label": "PER"}
GEO = {"start": 8, "end": 16, "label": "GEO"}
ORG = {"start": 8, "end": 16, "label": "ORG"}


def manual(*spans, answer="accept", text=TEXT, **more):
    return {"text": text, "spans": spans, "answer": answer, "_view_id": "ner_manual", **more}


def binary(span, answer, text=TEXT, **more):
    return {"text": text, "spans": [span], "answer": answer, "_view_id": "ner", **more}


def incorrect(doc):
    return [(span.text, span.label_) for span in doc.spans.get("incorrect_spans", ())]


def read_tasks(folder, *tasks):
    documents, problems = read(Prodigy(), write_lines(folder / "x.jsonl", *tasks))
    assert not problems
    return documents


def test_an_accepted_text_that_was_annotated_by_hand_is_annotated_in_full(tmp_path):
    (document,) = read_tasks(tmp_path, manual(PER, GEO))
    assert entities(document.doc) == [("Ada", "PER"), ("New York", "GEO")]
    assert unknown(document.doc) == []


def test_an_accepted_suggestion_says_nothing_of_other_tokens(tmp_path):
    (document,) = read_tasks(tmp_path, binary(GEO, "accept"))
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == ["Ada", "saw", "."]


def test_a_rejected_suggestion_is_kept_as_wrong_and_its_tokens_are_unknown(tmp_path):
    (document,) = read_tasks(tmp_path, binary(GEO, "reject"))
    assert entities(document.doc) == []
    assert unknown(document.doc) == ["Ada", "saw", "New", "York", "."]
    assert incorrect(document.doc) == [("New York", "GEO")]


def test_spacys_ner_unlearns_what_was_rejected(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config={"incorrect_spans_key": "incorrect_spans"}).add_label("GEO")
    optimizer = nlp.initialize()
    for task, expected in ((manual(GEO), True), (binary(GEO, "reject"), False)):
        (document,) = read_tasks(tmp_path, task)
        for _ in range(30):
            nlp.update([Example(nlp.make_doc(TEXT), document.doc)], sgd=optimizer)
        assert (("New York", "GEO") in entities(nlp(TEXT))) == expected


@pytest.mark.parametrize(
    "span", [{**GEO, "score": 0.4, "source": "m"}, {**GEO, "pattern": 3}], ids=["model", "pattern"]
)
def test_a_suggestion_shows_where_the_interface_is_not_named(tmp_path, span):
    tasks = [{"text": TEXT, "spans": [span], "answer": answer} for answer in ("reject", "accept")]
    (document,) = read_tasks(tmp_path, tasks[0])
    assert incorrect(document.doc) == [("New York", "GEO")]
    (document,) = read_tasks(tmp_path, tasks[1])
    assert unknown(document.doc) == ["Ada", "saw", "."]


def test_what_was_corrected_by_hand_is_no_suggestion(tmp_path):
    (document,) = read_tasks(tmp_path, manual({**GEO, "score": 0.4}))
    assert unknown(document.doc) == []


def test_tasks_that_say_nothing_are_skipped_and_listed(tmp_path):
    path = tmp_path / "x.jsonl"
    tasks = manual(GEO, answer="ignore"), manual(PER), manual(GEO, answer="reject"), {"text": TEXT}
    (document,) = read_tasks(tmp_path, *tasks, manual(GEO, answer=None))
    assert entities(document.doc) == [("Ada", "PER")]
    assert document.skipped == [
        f"{path}:1:1: ignored",
        f"{path}:3:1: rejected as a whole",
        f"{path}:4:1: not answered",
        f"{path}:5:1: not answered",
    ]


@pytest.mark.parametrize("view", ["blocks", "review"])
def test_a_task_of_something_else_does_not_say_that_there_are_no_entities(tmp_path, view):
    other = {"text": TEXT, "accept": ["fine"], "answer": "accept", "_view_id": view}
    null = {**other, "spans": None}
    rain = {**other, "text": "Rain", "spans": []}
    first, second = read_tasks(tmp_path, manual(PER), rain, other, null)
    assert (entities(first.doc), unknown(first.doc)) == ([("Ada", "PER")], [])
    assert (entities(second.doc), unknown(second.doc)) == ([], [])
    assert first.skipped == [
        f"{tmp_path / 'x.jsonl'}:{line}:1: no task of entities" for line in (3, 4)
    ]


@pytest.mark.parametrize("spans", [{}, {"spans": None}, {"spans": []}])
@pytest.mark.parametrize("view", ["classification", "choice"])
def test_a_task_of_another_interface_is_skipped(tmp_path, view, spans):
    said = {"text": TEXT, "_view_id": view, "answer": "accept", **spans}
    (document,) = read_tasks(tmp_path, said, manual(PER))
    assert document.skipped == [f"{tmp_path / 'x.jsonl'}:1:1: no task of entities"]


@pytest.mark.parametrize("spans", [{}, {"spans": None}])
@pytest.mark.parametrize("view", [{}, {"_view_id": None}])
@pytest.mark.parametrize("tokens", [{}, {"tokens": None}])
def test_a_label_of_a_whole_text_does_not_say_that_there_are_no_entities(
    tmp_path, spans, view, tokens
):
    said = {"text": TEXT, "label": "GOOD", "answer": "accept", **spans, **view, **tokens}
    (document,) = read_tasks(tmp_path, said, manual(PER, text="Ada"))
    assert document.doc.text == "Ada"
    assert document.skipped == [f"{tmp_path / 'x.jsonl'}:1:1: no task of entities"]
    _, (problem,) = read(Prodigy(), write_lines(tmp_path / "x", said, said))
    assert "[LN245]" in problem


@pytest.mark.parametrize("spans", [{}, {"spans": None}, {"spans": []}])
@pytest.mark.parametrize(
    "shows",
    [{"_view_id": "ner_manual"}, {"tokens": [{"text": word} for word in TEXT.split()]}],
    ids=["interface", "tokens"],
)
def test_a_task_of_entities_without_spans_has_none(tmp_path, shows, spans):
    (document,) = read_tasks(tmp_path, {"text": TEXT, "answer": "accept", **shows, **spans})
    assert (entities(document.doc), unknown(document.doc)) == ([], [])


def test_an_empty_list_of_spans_says_that_there_are_none(tmp_path):
    (document,) = read_tasks(tmp_path, {"text": TEXT, "answer": "accept", "spans": []})
    assert (entities(document.doc), unknown(document.doc)) == ([], [])


def test_that_all_tasks_are_skipped_is_a_problem(tmp_path):
    path = write_lines(tmp_path / "x", *[manual(answer="ignore")] * 3)
    documents, problems = read(Prodigy(), path)
    assert not documents
    assert len(problems) == 1
    assert problems[0].startswith(f"{path}:1:1: [LN245] None of the 3 records")
    assert f"{path}:1:1: ignored" in problems[0]


def test_tasks_on_one_text_become_one_document(tmp_path):
    other = "Bob ran ."
    documents = read_tasks(
        tmp_path,
        binary(GEO, "accept", _input_hash=5),
        binary(PER, "accept", text=other, _input_hash=6),
        binary(ORG, "reject", _input_hash=5),
        binary(PER, "accept", _input_hash=5),
    )
    assert [document.line for document in documents] == [1, 2]
    first, second = (document.doc for document in documents)
    assert entities(first) == [("Ada", "PER"), ("New York", "GEO")]
    assert incorrect(first) == [("New York", "ORG")]
    assert unknown(first) == ["saw", "."]
    assert entities(second) == [("Bob", "PER")]


def test_one_complete_task_completes_the_text(tmp_path):
    (document,) = read_tasks(tmp_path, binary(GEO, "accept"), manual(PER), binary(ORG, "reject"))
    assert entities(document.doc) == [("Ada", "PER"), ("New York", "GEO")]
    assert unknown(document.doc) == []


def test_what_is_both_accepted_and_rejected_is_unknown_and_listed(tmp_path):
    for rest in (binary(PER, "accept"), manual(PER)):
        (document,) = read_tasks(tmp_path, binary(GEO, "accept"), binary(GEO, "reject"), rest)
        assert entities(document.doc) == [("Ada", "PER")]
        assert incorrect(document.doc) == []
        assert {"New", "York"} <= set(unknown(document.doc))
        assert document.lost == [
            f"{tmp_path / 'x.jsonl'}:1:1: 'New York', which is both accepted and rejected"
        ]


def test_two_labels_that_become_one_are_both_accepted_and_rejected(tmp_path):
    place = {**GEO, "label": "LOC"}
    path = write_lines(tmp_path / "x", binary(GEO, "accept"), binary(place, "reject"))
    (document,) = Prodigy().read(path, NLP, LabelMap(rename={"LOC": "GEO"}), Problems())
    assert (entities(document.doc), incorrect(document.doc)) == ([], [])
    assert len(document.lost) == 1
    (document,) = Prodigy().read(path, NLP, LabelMap(drop=["LOC", "GEO"]), Problems())
    assert not document.lost


def test_what_is_disputed_goes_by_tokens(tmp_path):
    spaced = {**PER, "end": 4}
    tasks = binary(PER, "accept"), binary(spaced, "reject"), manual(GEO)
    (document,) = read_tasks(tmp_path, *tasks)
    assert (entities(document.doc), incorrect(document.doc)) == ([("New York", "GEO")], [])
    assert unknown(document.doc) == ["Ada"]
    assert len(document.lost) == 1


@pytest.mark.parametrize(
    ("label", "rename"), [("PER", None), ("ORG", {"ORG": "PER"}), ("PER", {"PER": "PERSON"})]
)
def test_labels_that_are_disputed_occur(tmp_path, label, rename):
    tasks = binary(PER, "accept"), binary({**PER, "label": label}, "reject")
    path = write_lines(tmp_path / "x.jsonl", *tasks)
    with pytest.raises(CodedError, match=r"LN108.*1 of 2 mentions \(50.0%\)"):
        convert(path, tmp_path / "out", rename=rename)
    (summary,) = convert(path, tmp_path / "out", rename=rename, max_lost=0.5).values()
    assert len(summary.lost) == 1


def test_a_span_may_have_an_answer_of_its_own(tmp_path):
    task = binary(GEO, "accept")
    task["spans"] = [{**GEO, "answer": "accept"}, {**PER, "answer": "reject"}]
    (document,) = read_tasks(tmp_path, task)
    assert entities(document.doc) == [("New York", "GEO")]
    assert incorrect(document.doc) == [("Ada", "PER")]


@pytest.mark.parametrize("answer", ["ignore", None])
def test_nothing_is_known_of_the_tokens_of_a_span_that_is_ignored(tmp_path, answer):
    ignored = {**PER, "answer": answer}
    (document,) = read_tasks(tmp_path, manual(ignored, GEO))
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == ["Ada"]
    path = write_lines(tmp_path / "x", manual(ignored, GEO))
    (document,) = Prodigy().read(path, NLP, LabelMap(drop=["PER"]), Problems())
    assert unknown(document.doc) == []
    within = {"start": 0, "end": 2, "label": "PER", "answer": answer}
    (document,) = read_tasks(tmp_path, manual(within, {**ORG, "answer": answer}, GEO))
    assert entities(document.doc) == [("New York", "GEO")]
    assert unknown(document.doc) == ["Ada"]
    assert document.lost == []


def test_the_tokens_of_a_task_are_the_tokens(tmp_path):
    words = ["A", "da", "saw", "New York", "."]
    tokens = [{"text": word, "id": i} for i, word in enumerate(words)]
    (document,) = read_tasks(tmp_path, manual(GEO), manual(PER, tokens=tokens))
    assert [token.text for token in document.doc] == words
    assert document.doc.text == TEXT
    assert entities(document.doc) == [("Ada", "PER"), ("New York", "GEO")]


def test_rejected_spans_are_renamed_dropped_and_counted_like_entities(tmp_path):
    path = write_lines(tmp_path / "x", binary(GEO, "reject"), binary(PER, "reject"))
    labels = LabelMap(rename={"GEO": "LOC"}, drop=["PER"])
    (document,) = Prodigy().read(path, NLP, labels, Problems())
    assert incorrect(document.doc) == [("New York", "LOC")]
    assert labels.seen == {"GEO": 1, "PER": 1}


def test_a_rejected_span_within_a_token_is_listed(tmp_path):
    (document,) = read_tasks(tmp_path, binary({"start": 0, "end": 2, "label": "PER"}, "reject"))
    assert incorrect(document.doc) == []
    assert document.lost == [f"{tmp_path / 'x.jsonl'}:1:1: 'Ad'"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"answer": "maybe"}, "LN243"),
        ({"answer": []}, "LN243"),
        ({"spans": [{**PER, "answer": "maybe"}]}, "LN243"),
        ({"_view_id": "pos", "spans": [PER]}, "LN243"),
        ({"text": None}, "LN243"),
        ({"spans": 3}, "LN243"),
        ({"spans": [3]}, "LN244"),
        ({"spans": [{"start": 0, "end": 3}]}, "LN243"),
        ({"spans": [{**PER, "end": 99}]}, "LN240"),
        ({"tokens": [{"text": "Bob"}]}, "LN247"),
        ({"tokens": [{}]}, "LN243"),
        ({"tokens": ["Ada"]}, "LN244"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, change, code):
    path = write_lines(tmp_path / "x", manual(PER, text="Bob ran"), {**manual(), **change})
    _, problems = read(Prodigy(), path)
    assert problems
    assert problems[0].startswith(f"{path}:2:1: [{code}]")
