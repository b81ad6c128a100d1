import json
import re
import shutil

import pytest
import spacy
from spacy.cli._util import app
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.util import load_config, load_model_from_config, registry
from typer.testing import CliRunner

from spacy_lstm_ner.cli.lock import locked
from spacy_lstm_ner.training import student
from spacy_lstm_ner.training.partly import annotated_labels, set_annotated_labels
from spacy_lstm_ner.training.weights import WEIGHT, set_weight, weight_of

from ...conformance.small import make_small
from ...conftest import learn

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

NAMES = ["Ada", "Bo", "Cy", "Dan", "Eve", "Fay"]
PLACES = ["Rome", "Bonn", "Kyiv", "Oslo"]
VOCAB = spacy.blank("en").vocab
RIGHT = ["B-PER", "O", "B-GEO", "O"]
# Numbers of documents, and what is annotated in them instead.
WRONG = {3: ["B-PER", "O", "B-PER", "O"], 10: ["O", "O", "B-GEO", "O"], 17: [*RIGHT[:3], "B-GEO"]}
# Nothing is said of its name, and of places alone is something said in another.
OPEN, PLACES_ONLY = 20, 22


def make_corpus():
    docs = []
    for place in PLACES:
        for name in NAMES:
            number = len(docs) + 1
            tags = WRONG.get(number, RIGHT)
            if number == OPEN:
                tags = ["", *RIGHT[1:]]
            if number == PLACES_ONLY:
                tags = ["O", *RIGHT[1:]]
            doc = Doc(VOCAB, words=[name, "saw", place, "."], ents=tags)
            doc.user_data["source"] = number
            docs.append(doc)
    set_annotated_labels(docs[PLACES_ONLY - 1], ["GEO"])
    set_weight(docs[2], 0.5)
    set_weight(docs[0], 2)
    return docs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A corpus with errors, and the config of a small pipeline."""
    path = tmp_path_factory.mktemp("files")
    DocBin(docs=make_corpus(), store_user_data=True).to_disk(path / "corpus.spacy")
    config = student.default_config("en").merge({"components": make_small().config["components"]})
    config["training"]["batcher"]["size"] = 60
    config["training"]["dropout"] = 0.0
    config.to_disk(path / "small.cfg")
    return path


def run(folder, out, *options, corpus="corpus.spacy", steps=60, code=0):
    """What the command says."""
    arguments = [folder / corpus, out, "--folds", 2, "--steps", steps]
    if "--config" not in options:
        arguments += ["--config", folder / "small.cfg"]
    arguments = [*map(str, [*arguments, *options])]
    result = CliRunner().invoke(app, ["lstm-ner", "clean", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(result.output.split())


def records(out):
    return [json.loads(line) for line in (out / "errors.jsonl").read_text("utf-8").splitlines()]


def state(folder):
    """Every file, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "new" / "found"
    return out, run(folder, out, "--reweight")


def test_what_was_annotated_wrongly_is_found(done):
    out, said = done
    found = {record["document"]: record for record in records(out)}
    assert set(WRONG) <= set(found)
    label, missing, added = (found[number] for number in WRONG)
    assert (label["text"], label["annotated"]) == ("Rome", "PER")
    assert label["probability"] < 0.5 < label["believed"][0]["probability"]
    assert (label["believed"][0]["text"], label["believed"][0]["label"]) == ("Rome", "GEO")
    assert (label["start"], label["end"]) == (7, 11)
    assert (label["left"], label["right"]) == ("Cy saw ", " . ")
    assert (missing["text"], missing["annotated"]) == ("Dan", None)
    assert missing["believed"][0]["label"] == "PER"
    assert missing["score"] == pytest.approx(missing["believed"][0]["probability"])
    assert (added["text"], added["annotated"], added["believed"]) == (".", "GEO", [])
    assert added["score"] == pytest.approx(1 - added["probability"])
    assert "Wrote" in said


def test_training_goes_on_from_the_pipeline_that_a_config_names(folder, tmp_path):
    """One step is enough for one that knows what is right."""
    config = load_config(folder / "small.cfg")
    right = make_corpus()[: len(PLACES) * len(NAMES)]
    nlp = load_model_from_config(config)
    for doc in right:
        doc.user_data.clear()
        doc.set_ents([Span(doc, 0, 1, "PER"), Span(doc, 2, 3, "GEO")], default="outside")
    learn(nlp, [Example(nlp.make_doc(doc.text), doc) for doc in right])
    nlp.to_disk(tmp_path / "right")
    config["components"] = {"lstm_ner": {"source": str(tmp_path / "right")}}
    config.to_disk(tmp_path / "start.cfg")
    run(folder, tmp_path / "out", "--config", tmp_path / "start.cfg", steps=1)
    assert {record["document"] for record in records(tmp_path / "out")} == set(WRONG)


def test_the_most_probable_errors_come_first(done):
    scores = [record["score"] for record in records(done[0])]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_what_is_not_annotated_says_nothing(done):
    assert not {OPEN, PLACES_ONLY} & {record["document"] for record in records(done[0])}


def test_the_page_lists_the_same(done):
    out, _ = done
    page = (out / "errors.html").read_text(encoding="utf-8")
    assert page.count("<mark>") == len(records(out))
    assert "corpus.spacy" in page
    assert "2 folds" in page


def test_documents_that_are_contradicted_count_less(done):
    out, _ = done
    docs = list(DocBin().from_disk(out / "weighted.spacy").get_docs(VOCAB))
    contradicted = {record["document"] for record in records(out)}
    weights = [weight_of(doc) for doc in docs]
    given = {1: 2.0, 3: 0.5}
    assert weights == pytest.approx(
        [given.get(i, 1) * (0.7 if i in contradicted else 1) for i in range(1, len(docs) + 1)]
    )
    assert weights[2] == pytest.approx(0.35)
    for doc, given_doc in zip(docs, make_corpus(), strict=True):
        assert doc.to_array(["ORTH", "ENT_IOB", "ENT_TYPE"]).tolist() == (
            given_doc.to_array(["ORTH", "ENT_IOB", "ENT_TYPE"]).tolist()
        )
        assert doc.user_data["source"] == given_doc.user_data["source"]
    assert annotated_labels(docs[PLACES_ONLY - 1]) == ["GEO"]


@pytest.mark.slow
def test_folds_that_have_ended_are_not_repeated_and_rounds_can_be_added(folder, done, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(done[0], out)
    first, second = sorted((out / "folds").glob("*.json"))
    kept = state(first.parent)[first]
    expected = second.read_text()
    second.unlink()
    (out / "errors.html").unlink()
    run(folder, out, "--workers", 1)
    assert state(first.parent)[first] == kept
    assert second.read_text() == expected  # the same training of the same fold
    assert (out / "errors.html").exists()
    before = state(out / "folds")
    run(folder, out, "--rounds", 2, "--reweight")
    assert before.items() <= state(out / "folds").items()
    assert len(list((out / "folds").glob("*.json"))) == 4
    both = {r["document"]: r for r in records(out) if r["rounds"] == 2}
    assert 3 in both
    (weight,) = {
        weight_of(doc)
        for i, doc in enumerate(DocBin().from_disk(out / "weighted.spacy").get_docs(VOCAB), 1)
        if i == 3
    }
    assert weight == pytest.approx(0.5 * 0.7**2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--folds", 3], "folds was 2, now it is 3"),
        (["--seed", 5], "seed was 0, now it is 5"),
        (["--config", "other.cfg"], "config was"),
    ],
)
def test_other_options_in_the_same_folder_are_refused(folder, done, options, expected):
    out, _ = done
    (folder / "other.cfg").write_text((folder / "small.cfg").read_text() + "\n")
    options = [folder / o if o == "other.cfg" else o for o in options]
    before = state(out)
    said = run(folder, out, *options, code=1)
    assert "LN214" in said
    assert expected in said
    assert state(out) == before


@pytest.mark.slow
def test_a_fold_that_fails_is_named_and_what_has_ended_is_kept(folder, done, tmp_path):
    path, config = folder / "vectors.cfg", student.default_config("en")
    config["paths"]["vectors"] = str(folder / "nowhere")
    config.to_disk(path)
    out = tmp_path / "copy"
    shutil.copytree(done[0], out)
    (out / "manifest.json").unlink()  # so that it is begun anew
    said = run(folder, out, "--config", path, "--workers", 1, code=1)
    assert re.search(r"LN263.*Fold 1 of round 1.*nowhere", said), said
    assert not list((out / "folds").glob("*.json"))
    kept = out / "folds" / "round-1-fold-1.json"
    shutil.copy(done[0] / "folds" / kept.name, kept)
    before = state(out)[kept]
    assert "Fold 2 of round 1" in run(folder, out, "--config", path, code=1)
    assert state(out)[kept] == before


def test_a_damaged_result_is_named(folder, done, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(done[0], out)
    (out / "folds" / "round-1-fold-2.json").write_text('[{"document": 1')
    said = run(folder, out, code=1)
    assert re.search(r"LN264.*round-1-fold-2\.json", said), said


@pytest.mark.parametrize(
    ("corpus", "options", "expected"),
    [
        ("nowhere.spacy", (), "LN141.*nowhere"),
        (".", (), "LN141.*no file"),
        ("small.cfg", (), "LN141.*small.cfg"),
        ("corpus.spacy", ("--folds", 25), "LN261.*24 documents.*25 folds"),
        ("bare.spacy", (), "LN262.*bare.*2 documents"),
        ("corpus.spacy", ("--config", "corpus.spacy"), "LN218"),
        ("corpus.spacy", ("--config", "no_ner.cfg"), "LN217.*has 0"),
    ],
)
@pytest.mark.filterwarnings("ignore:.W090")
def test_what_is_wrong_is_said_before_anything_is_made(folder, tmp_path, corpus, options, expected):
    docs = [Doc(VOCAB, words=["Ada", "saw"], ents=["O", "O"])] * 2
    DocBin(docs=docs).to_disk(folder / "bare.spacy")
    spacy.blank("en").config.to_disk(folder / "no_ner.cfg")
    options = [folder / o if (folder / str(o)).exists() else o for o in options]
    said = run(folder, tmp_path / "out", *options, corpus=corpus, code=1)
    assert re.search(expected, said), said
    assert not (tmp_path / "out").exists()


def test_a_weight_that_is_none_is_said_before_anything_is_made(folder, tmp_path):
    docs = make_corpus()
    docs[5].spans[WEIGHT] = SpanGroup(docs[5], attrs={"weight": -1.0})
    DocBin(docs=docs).to_disk(folder / "weights.spacy")
    assert "LN260" in run(folder, tmp_path / "out", corpus="weights.spacy", code=1)
    assert not (tmp_path / "out").exists()


def test_folds_that_somebody_else_made_stay_what_they_are(folder, tmp_path):
    (tmp_path / "folds").mkdir()
    (tmp_path / "folds" / "mine.json").write_text("{}")
    assert "LN215" in run(folder, tmp_path, code=1)
    assert (tmp_path / "folds" / "mine.json").exists()


def test_one_run_at_a_time_writes_to_a_folder(folder, tmp_path):
    (tmp_path / "out" / "folds").mkdir(parents=True)
    with locked(tmp_path / "out" / "folds"):
        assert "LN302" in run(folder, tmp_path / "out", code=1)


@pytest.mark.slow
def test_documents_without_tokens_are_counted_and_kept(folder, tmp_path):
    docs = [Doc(VOCAB), *make_corpus()]
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "empty.spacy")
    run(folder, tmp_path / "out", "--reweight", corpus="empty.spacy")
    assert {4, 11, 18} <= {record["document"] for record in records(tmp_path / "out")}
    weighted = list(DocBin().from_disk(tmp_path / "out/weighted.spacy").get_docs(VOCAB))
    assert [doc.text for doc in weighted] == [doc.text for doc in docs]


def test_other_files_and_folders_stay_what_they_are(folder, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    assert "LN215" in run(folder, tmp_path, code=1)
    assert "LN215" in run(folder, tmp_path / "letter.txt", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
