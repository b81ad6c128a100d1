import json
import re
import shutil

import pytest
import spacy
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.util import registry
from typer.testing import CliRunner

from spacy_lstm_ner.cli.distil import stages
from spacy_lstm_ner.cli.lock import locked
from spacy_lstm_ner.training import student
from spacy_lstm_ner.training.partly import set_annotated_labels
from spacy_lstm_ner.training.voting import LABELLED

from ...conformance.small import make_small
from ...conftest import entities, train

registry.cli.get_all()  # as `python -m spacy` does, so that plugins add their commands

NAMES = ["Ada", "Bo", "Cy", "Dan", "Eve"]
PLACES = ["Rome", "Bonn", "Kyiv"]
TEXTS = [
    f"{name} saw {place} on {day} in French ."
    for name in NAMES
    for place in PLACES
    for day in ("Monday", "Friday")
]
NAMING = ("--map", "PERSON=PER,GPE=GEO", "--drop", "NORP", "--unknown", "DATE")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Teachers, texts, gold text, and the config of a small student."""
    path = tmp_path_factory.mktemp("files")
    make_teacher(PERSON=NAMES, GPE=PLACES, DATE=["Monday", "Friday"], NORP=["French"]).to_disk(
        path / "teacher"
    )
    make_teacher(PERSON=NAMES[1:], GPE=PLACES, ORG=["Ada"]).to_disk(path / "other")
    make_teacher(PERSON=["Nobody"]).to_disk(path / "silent")
    (path / "raw.txt").write_text("\n".join(["", *TEXTS]), encoding="utf-8")
    write_gold(path / "gold.spacy", "Zoe saw Lima on Sunday .", n=4)
    write_gold(path / "dev.spacy", "Bo saw Rome on Sunday .", n=3)
    write_config(path / "small.cfg")
    return path


def make_teacher(**labels):
    nlp = spacy.blank("en")
    patterns = [{"label": k, "pattern": word} for k, words in labels.items() for word in words]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    return nlp


def write_gold(path, text, *, n):
    nlp = spacy.blank("en")
    docs = [nlp.make_doc(text) for _ in range(n)]
    for doc in docs:
        spans = [(0, 1, "PER"), (2, 3, "GEO"), (4, 5, "TIM")]
        doc.set_ents([spacy.tokens.Span(doc, *span) for span in spans])
    DocBin(docs=docs).to_disk(path)


def write_config(path):
    config = student.default_config("en").merge({"components": make_small().config["components"]})
    config["training"]["batcher"]["size"] = 100
    config.to_disk(path)


def run(folder, out, *options, teacher="teacher", raw="raw.txt", steps=1, code=0):
    """What the command says."""
    arguments = [folder / teacher, folder / raw, out, "--config", folder / "small.cfg"]
    arguments += [*options, *(["--steps", steps] if steps else [])]
    result = CliRunner().invoke(app, ["lstm-ner", "distil", *map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    return " ".join(result.output.split())


def label(*arguments, **settings):
    """The same, up to where labels are named, of which there is none like that."""
    said = run(*arguments, "--map", "NOBODY=PER", **settings, code=1)
    assert "LN212" in said
    return said


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("en").vocab))


def state(folder):
    """Every file, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def done(folder, tmp_path_factory):
    """What the command made with gold text, and what it said."""
    out = tmp_path_factory.mktemp("out") / "new" / "student"
    gold = ("--gold", folder / "gold.spacy", "--dev", folder / "dev.spacy")
    return out, run(folder, out, *NAMING, *gold, steps=30)


def test_the_student_does_what_its_teacher_does_with_labels_of_its_own(done):
    out, said = done
    assert "Skipped" not in said  # the empty line is no text
    nlp = spacy.load(out / "model-best")
    assert set(nlp.get_pipe("lstm_ner").labels) == {"PER", "GEO", "TIM"}
    assert {("Ada", "PER"), ("Bonn", "GEO")} <= set(entities(nlp(TEXTS[2])))
    assert "French" not in dict(entities(nlp(TEXTS[2])))
    assert re.search(r"Trained student: \S*/model-best\W*\w*$", said)
    config = nlp.config.interpolate()
    assert config["training"]["optimizer"]["learn_rate"] == pytest.approx(0.0001)


def test_what_is_trained_on_is_labelled_and_gold_text_and_the_last_tenth_is_held_out(done):
    out, _ = done
    train, heldout = read(out / "train.spacy"), read(out / "heldout.spacy")
    labelled = [doc for doc in train if LABELLED in doc.user_data]
    assert [doc.text for doc in labelled] == TEXTS[:27]
    assert [doc.text for doc in heldout] == TEXTS[27:]
    assert entities(labelled[0]) == [("Ada", "PER"), ("Rome", "GEO")]
    assert [token.text for token in labelled[0] if not token.ent_iob] == ["Monday"]
    gold = [doc for doc in train if LABELLED not in doc.user_data]
    assert entities(gold[0]) == [("Zoe", "PER"), ("Lima", "GEO"), ("Sunday", "TIM")]
    # 30 texts of 8 tokens, and 4 of 6 that are to be a third.
    assert len(gold) == 4 * 5


def test_numbers_and_page_say_how_faithful_and_how_fast_it_is(done):
    out, said = done
    told = json.loads((out / "fidelity.json").read_text(encoding="utf-8"))
    assert (told["texts"], told["tokens"]) == (3, 24)
    total, of_label = told["fidelity"]["all"], told["fidelity"]
    assert total["annotated"] == 6
    assert set(of_label) >= {"all", "PER", "GEO"}
    nlp = spacy.load(out / "model-best")
    right = sum(
        len(set(entities(nlp(doc.text))) & set(entities(doc)))
        for doc in read(out / "heldout.spacy")
    )
    assert total["right"] == right
    speed = told["words_per_second"]
    assert speed["ratio"] == pytest.approx(speed["student"] / speed["teachers"])
    assert told["bytes"]["student"] > 10_000
    shared = told["gold"]["shared_labels"]
    assert set(shared["teachers"]) == {"all", "PER", "GEO"}  # it cannot know TIM
    assert shared["teachers"]["all"]["f1"] == 1.0
    assert set(told["gold"]["student"]) == {"all", "PER", "GEO", "TIM"}
    page = (out / "fidelity.html").read_text(encoding="utf-8")
    assert f"{100 * total['f1']:.2f}" in page
    assert f"{100 * total['f1']:.2f}" in said
    assert "On gold text" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)


def test_what_has_ended_is_not_done_again(folder, done, monkeypatch):
    out, _ = done
    gold = ("--gold", folder / "gold.spacy", "--dev", folder / "dev.spacy")
    before = state(out)

    def fail(*args, **kwargs):
        raise AssertionError("trained again")

    monkeypatch.setattr(stages, "train_pipeline", fail)
    run(folder, out, *NAMING, *gold, steps=30)
    changed = {p.relative_to(out).parts[0] for p, at in state(out).items() if before.get(p) != at}
    assert changed <= {"model-best", "fidelity.json", "fidelity.html"}


@pytest.mark.parametrize(
    ("options", "steps", "expected"),
    [
        (NAMING, 31, "steps was 30, now it is 31"),
        (NAMING, None, "steps was 30, now it is not given"),
        (("--map", "PERSON=PER,GPE=GEO", "--drop", "NORP,DATE"), 30, "unknown was"),
        ((*NAMING, "--teacher", "other"), 30, "teachers was"),
        ((*NAMING, "--exclude", "tagger"), 30, "exclude was not given"),
        ((*NAMING, "--dev", "gold.spacy"), 30, "dev was"),
    ],
)
def test_other_options_in_the_same_folder_are_refused(folder, done, options, steps, expected):
    out, _ = done
    before = state(out)
    paths = [folder / o if o in ("other", "gold.spacy") else o for o in options]
    gold = () if "--dev" in paths else ("--dev", folder / "dev.spacy")
    said = run(folder, out, *paths, *gold, "--gold", folder / "gold.spacy", steps=steps, code=1)
    assert "LN214" in said
    assert expected in said
    assert state(out) == before


def test_a_teacher_that_has_changed_in_its_place_is_noticed(folder, tmp_path):
    shutil.copytree(folder / "teacher", folder / "changing")
    label(folder, tmp_path / "out", teacher="changing")
    label(folder, tmp_path / "out", teacher="changing")  # goes on
    meta = folder / "changing" / "meta.json"
    meta.write_text(meta.read_text(encoding="utf-8").replace("0.0.0", "0.0.1"), encoding="utf-8")
    said = run(folder, tmp_path / "out", *NAMING, teacher="changing", code=1)
    assert re.search(r"LN214.*version was", said), said


def test_an_interrupted_training_starts_anew_and_nothing_is_labelled_again(
    folder, tmp_path, monkeypatch
):
    out, trained = tmp_path / "out", stages.train_pipeline

    def stop(nlp, path, **kwargs):
        (path / "model-last").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(stages, "train_pipeline", stop)
    run(folder, out, *NAMING, code=130)
    assert not (out / "stage-1").exists()
    before = state(out / "labelled")
    monkeypatch.setattr(stages, "train_pipeline", trained)
    run(folder, out, *NAMING)
    assert state(out / "labelled") == before
    assert (out / "stage-1" / "model-best").exists()
    assert not list(out.glob("*.part"))
    assert not (out / "stage-2").exists()  # there was no gold text


def test_without_its_manifests_it_is_begun_anew(folder, tmp_path):
    out, manifest = tmp_path / "out", tmp_path / "out" / "manifest.json"
    run(folder, out, *NAMING)
    labelled = state(out / "labelled")
    manifest.unlink()
    run(folder, out, "--drop", "NORP,DATE,GPE", steps=2)
    assert state(out / "labelled") == labelled
    assert spacy.load(out / "model-best").get_pipe("lstm_ner").labels == ("PERSON",)
    manifest.unlink()
    raw = folder / "less.txt"
    raw.write_text("\n".join(TEXTS[:9]), encoding="utf-8")
    said = run(folder, out, raw="less.txt", code=1)
    assert "LN214" in said
    assert "text was" in said
    (out / "labelled" / "teacher-1" / "raw" / "manifest.json").unlink()
    run(folder, out, raw="less.txt")
    assert len(read(out / "train.spacy")) == 8


def test_how_to_begin_anew_is_said(folder, tmp_path):
    out, raw, dev = tmp_path / "out", tmp_path / "raw.txt", tmp_path / "dev.spacy"
    raw.write_text("\n".join(TEXTS), encoding="utf-8")
    write_gold(dev, "Bo saw Rome on Sunday .", n=3)
    options = (*NAMING, "--dev", dev)
    run(folder, out, *options, raw=raw)
    write_gold(dev, "Cy saw Bonn on Sunday .", n=2)
    said = run(folder, out, *options, raw=raw, code=1)
    assert f"delete {out / 'manifest.json'}." in said
    (out / "manifest.json").unlink()
    labelled = state(out / "labelled" / "teacher-1" / "raw")
    run(folder, out, *options, raw=raw)
    assert state(out / "labelled" / "teacher-1" / "raw") == labelled
    raw.write_text("\n".join(TEXTS[:9]), encoding="utf-8")
    said = run(folder, out, *options, raw=raw, code=1)
    assert said.endswith(f"delete {out}.")
    shutil.rmtree(out)
    run(folder, out, *options, raw=raw)
    assert len(read(out / "train.spacy")) == 8


def test_gold_text_that_was_annotated_for_some_labels_leaves_others_to_the_teachers(
    folder, tmp_path
):
    docs = read(folder / "gold.spacy")
    for doc in docs:
        set_annotated_labels(doc, ["PER", "GEO", "TIM"])
    DocBin(docs=docs).to_disk(tmp_path / "narrow.spacy")
    options = ("--map", "PERSON=PER,GPE=GEO,DATE=TIM", "--gold", tmp_path / "narrow.spacy")
    run(folder, tmp_path / "out", *options)
    ner = spacy.load(tmp_path / "out" / "model-best").get_pipe("lstm_ner")
    assert ner.labels == ("GEO", "NORP", "PER", "TIM")


def test_a_name_that_no_teacher_has_is_told(folder, tmp_path):
    said = run(folder, tmp_path / "out", "--map", "PRESON=PER,GPE=GEO")
    assert re.search(r"LW210.*no label PRESON.*: DATE, GPE, NORP, PERSON", said), said


def test_held_out_text_without_entities_is_told(folder, tmp_path):
    (tmp_path / "raw.txt").write_text("Ada saw Rome\nBo saw it\nIt saw us", encoding="utf-8")
    said = run(folder, tmp_path / "out", raw=tmp_path / "raw.txt")
    assert "LW211" in said
    assert "(1 texts)" in said


def test_labels_can_be_named_after_labelling_without_labelling_again(folder, tmp_path):
    out, gold = tmp_path / "out", ("--gold", folder / "gold.spacy")
    said = run(folder, out, *gold, code=1)
    for part in ("LN211", "GPE (30)", "PERSON (30)", "DATE (30)", "NORP (30)", "GEO, PER, TIM"):
        assert part in said
    before = state(out)
    assert before
    assert "LN212" in run(folder, out, *gold, "--map", "PER=PERSON", code=1)
    assert state(out) == before
    run(folder, out, *gold, *NAMING)
    assert {path: state(out)[path] for path in before} == before


def test_without_gold_text_labels_stay_as_they_are(folder, tmp_path):
    run(folder, tmp_path / "out")
    nlp = spacy.load(tmp_path / "out" / "model-best")
    assert nlp.get_pipe("lstm_ner").labels == ("DATE", "GPE", "NORP", "PERSON")
    told = json.loads((tmp_path / "out" / "fidelity.json").read_text(encoding="utf-8"))
    assert "gold" not in told


def test_a_config_that_asks_for_what_is_not_there_is_refused(folder, tmp_path):
    path, config = tmp_path / "vectors.cfg", student.default_config("en")
    config["paths"]["vectors"] = str(tmp_path / "nowhere")
    config.to_disk(path)
    said = run(folder, tmp_path / "out", "--config", path, code=1)
    assert re.search(r"LN218.*vectors\.cfg.*nowhere", said), said
    assert not (tmp_path / "out" / "stage-1").exists()


def test_several_teachers_vote(folder, tmp_path):
    run(
        folder,
        tmp_path / "out",
        "--teacher",
        folder / "other",
        "--drop",
        "NORP",
        "--unknown",
        "DATE",
    )
    first, *_, last = read(tmp_path / "out" / "train.spacy")
    assert entities(first) == [("Rome", "GPE")]
    assert [token.text for token in first if not token.ent_iob] == ["Ada", "Monday"]
    assert entities(last)[0] == ("Eve", "PERSON")


@pytest.fixture(scope="module")
def own(folder):
    """A teacher of this package, in the folder."""
    nlp = make_small()
    train(nlp)
    nlp.to_disk(folder / "own")
    (folder / "own.txt").write_text(
        "\n".join(["Who is Shaka Khan?", "I like London and Berlin."] * 10), encoding="utf-8"
    )
    return {"teacher": "own", "raw": "own.txt"}


def test_teachers_of_this_package_teach_probabilities(folder, own, tmp_path):
    said = run(folder, tmp_path / "out", **own, steps=60)
    assert "training on probabilities of the teachers" in said
    ours, teacher = spacy.load(tmp_path / "out" / "model-best"), spacy.load(folder / "own")
    assert ours.get_pipe("lstm_ner").label_data == teacher.get_pipe("lstm_ner").label_data
    text = "I like London and Berlin."
    assert entities(ours(text)) == entities(teacher(text))


def test_with_other_labels_they_teach_labels(folder, own, tmp_path):
    said = run(folder, tmp_path / "out", "--map", "PERSON=PER", **own)
    assert "probabilities" not in said
    ner = spacy.load(tmp_path / "out" / "model-best").get_pipe("lstm_ner")
    assert ner.labels == ("LOC", "PER")


@pytest.mark.parametrize(
    ("arguments", "options", "expected"),
    [
        ({"teacher": "nowhere"}, (), "LN140"),
        ({"teacher": "raw.txt"}, (), "LN140"),
        ({"raw": "bad.jsonl"}, (), "LN172.*Line 2.*text"),
        ({"raw": "nowhere.txt"}, (), "LN171"),
        ({"raw": "small.cfg"}, (), "LN171.*cfg"),
        ({"raw": "one.txt"}, (), "LN219.*has 1 texts"),
        ({}, ("--gold", "raw.txt"), "LN141"),
        ({}, ("--gold", "empty.spacy"), "LN216"),
        ({}, ("--dev", "empty.spacy"), "LN216"),
        ({}, ("--teacher", "teacher"), "LN223"),
        ({}, ("--config", "raw.txt"), "LN218"),
        ({}, ("--config", "no_ner.cfg"), "LN217.*has 0"),
        ({}, ("--map", "GPE=GEO", "--drop", "GPE"), "LN213.*GPE"),
    ],
)
@pytest.mark.filterwarnings("ignore:.W090")
def test_what_is_wrong_is_said_before_anything_is_made(
    folder, tmp_path, arguments, options, expected
):
    (folder / "bad.jsonl").write_text('{"text": "a"}\n{"txt": "b"}\n', encoding="utf-8")
    (folder / "one.txt").write_text("Ada\n", encoding="utf-8")
    DocBin(docs=[spacy.blank("en").make_doc("Ada saw")]).to_disk(folder / "empty.spacy")
    spacy.blank("en").config.to_disk(folder / "no_ner.cfg")
    options = [folder / o if (folder / o).exists() else o for o in options]
    said = run(folder, tmp_path / "out", *options, **arguments, code=1)
    assert re.search(expected, said), said
    assert not (tmp_path / "out").exists()


def test_a_teacher_without_entities_is_refused(folder, tmp_path):
    said = run(folder, tmp_path / "out", teacher="silent", code=1)
    assert re.search(r"LN210.*silent.*30 texts, .* is 'Ada saw .*entity_ruler", said), said
    assert not (tmp_path / "out" / "train.spacy").exists()


def test_other_files_and_folders_stay_what_they_are(folder, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada", encoding="utf-8")
    assert "LN215" in run(folder, tmp_path, code=1)
    assert "LN215" in run(folder, tmp_path / "letter.txt", code=1)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_labels_that_somebody_else_made_stay_what_they_are(folder, tmp_path):
    (tmp_path / "labelled" / "teacher-1").mkdir(parents=True)
    assert "LN215" in run(folder, tmp_path, code=1)


def test_one_run_at_a_time_writes_to_a_folder(folder, tmp_path):
    (tmp_path / "out" / "labelled").mkdir(parents=True)
    with locked(tmp_path / "out" / "labelled"):
        assert "LN302" in run(folder, tmp_path / "out", code=1)


def test_texts_of_whitespace_are_skipped_and_counted(folder, tmp_path):
    lines = [json.dumps({"text": text}) for text in (" \n ", *TEXTS, "\t")]
    (folder / "spaces.jsonl").write_text("\n".join(lines), encoding="utf-8")
    said = label(folder, tmp_path / "out", raw="spaces.jsonl")
    assert "Skipped 2 texts" in said
    assert len(read(tmp_path / "out" / "labelled" / "teacher-1" / "raw" / "00000.spacy")) == 30


def test_annotation_on_raw_text_does_not_reach_the_teacher(folder, own, tmp_path):
    nlp = spacy.blank("en")
    docs = [Doc(nlp.vocab, words=["I", "like", "London"], ents=["O", "O", "B-X"])] * 4
    DocBin(docs=docs).to_disk(folder / "set.spacy")
    label(folder, tmp_path / "out", teacher="own", raw="set.spacy")
    (first, *_) = read(tmp_path / "out" / "labelled" / "teacher-1" / "raw" / "00000.spacy")
    assert entities(first) == [("London", "LOC")]


def test_a_damaged_manifest_is_named(folder, tmp_path):
    manifest = tmp_path / "out" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text("[1", encoding="utf-8")
    assert "LN222" in run(folder, tmp_path / "out", code=1)


def test_a_component_that_is_excluded_does_not_run(folder, tmp_path):
    @Language.component("breaks")
    def breaks(doc):
        if "saw" in doc.text:
            raise RuntimeError("broken")
        return doc

    nlp = spacy.load(folder / "teacher")
    nlp.add_pipe("breaks", first=True)
    nlp.to_disk(tmp_path / "breaking")
    said = run(folder, tmp_path / "out", teacher=tmp_path / "breaking", code=1)
    assert "LN220" in said
    assert "broken" in said
    label(folder, tmp_path / "other", "--exclude", "breaks", teacher=tmp_path / "breaking")
