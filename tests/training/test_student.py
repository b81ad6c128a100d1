"""The default student is that of configs/default.cfg, and training goes by the size of the text."""

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp
from spacy.util import load_config

from spacy_lstm_ner.training.student import (
    default_config,
    read_config,
    repeats,
    set_up,
    set_up_gold,
    steps_for,
)

from ..conftest import ROOT, entities

DEFAULT = ROOT / "configs" / "default.cfg"
FINETUNE = ROOT / "configs" / "finetune.cfg"


def test_the_default_student_is_that_of_the_default_config():
    ours = default_config("en").interpolate()
    theirs = load_config(DEFAULT, interpolate=True)
    assert ours["training"] == theirs["training"]
    assert ours["components"] == theirs["components"]


def test_it_has_the_language_of_its_teacher():
    assert default_config("de")["nlp"]["lang"] == "de"


@pytest.mark.parametrize(
    ("labelled", "gold", "times"),
    [(1000, 500, 1), (1000, 100, 5), (1000, 5000, 1), (100_000, 100, 10), (1000, 190, 3)],
)
def test_gold_text_is_about_a_third_if_ten_times_are_enough(labelled, gold, times):
    assert repeats(labelled, gold) == times


@pytest.mark.parametrize(
    ("tokens", "steps"), [(100, 500), (70_000, 1000), (250_001, 3572), (10_000_000, 8000)]
)
def test_steps_go_by_the_size_of_the_text_within_bounds(tokens, steps):
    config = default_config("en")
    config["training"]["batcher"] = {"@batchers": "spacy.batch_by_words.v1", "size": 700}
    assert steps_for(config, tokens) == steps


def test_steps_of_batches_that_grow_are_as_many_as_read_the_text_ten_times():
    steps = steps_for(default_config("en"), 100_000)
    read = [min(1000, 100 * 1.001**i) for i in range(steps)]
    assert sum(read[:-1]) < 1_000_000 <= sum(read)


@pytest.mark.parametrize(
    "batcher", [{"@batchers": "spacy.batch_by_sequence.v1", "size": 32, "get_length": None}, None]
)
def test_steps_of_a_batcher_that_does_not_count_words(batcher):
    config = default_config("en")
    config["training"]["batcher"] = batcher
    assert steps_for(config, 70_000) == 1000


def prepare(config, tmp_path, *, steps):
    paths = {"train": tmp_path / "a.spacy", "dev": tmp_path / "b.spacy"}
    return set_up(config, **paths, labels=["PER", "GEO"], steps=steps)


@pytest.mark.parametrize("steps", [1, 3, 10, 1001, 8000])
def test_the_last_step_is_one_that_is_scored(tmp_path, steps):
    training = prepare(default_config("en"), tmp_path, steps=steps)["training"]
    assert training["max_steps"] % training["eval_frequency"] == 0
    assert 0 <= training["max_steps"] - steps < training["eval_frequency"] <= 500
    assert training["patience"] == training["max_epochs"] == 0


def test_a_schedule_ends_with_the_last_step(tmp_path):
    config = default_config("en")
    config["training"]["optimizer"]["learn_rate"] = {
        "@schedules": "warmup_linear.v1",
        "warmup_steps": 200,
        "total_steps": 8000,
        "initial_rate": 0.003,
    }
    training = prepare(config, tmp_path, steps=100)["training"]
    schedule = training["optimizer"]["learn_rate"]
    assert schedule["total_steps"] == training["max_steps"] == 100
    assert schedule["warmup_steps"] == 20


def test_text_and_labels_are_set_and_the_rest_is_the_config_s_own(tmp_path):
    config = read_config(DEFAULT)
    before = config.to_str()
    config["training"]["dropout"] = 0.2
    config["corpora"]["train"]["max_length"] = 99
    found = prepare(config, tmp_path, steps=10)
    assert found["corpora"]["train"]["path"] == str(tmp_path / "a.spacy")
    assert found["corpora"]["dev"]["path"] == str(tmp_path / "b.spacy")
    assert found["initialize"]["components"]["lstm_ner"] == {"labels": ["PER", "GEO"]}
    assert found["training"]["dropout"] == 0.2
    assert found["corpora"]["train"]["max_length"] == 99
    config["training"]["dropout"], config["corpora"]["train"]["max_length"] = 0.1, 0
    assert config.to_str() == before  # what was given is not changed


def test_a_reader_of_other_text_gives_way(tmp_path):
    config = default_config("en")
    config["corpora"]["train"] = {
        "@readers": "spacy_lstm_ner.Joined.v1",
        "corpora": {"news": {"@readers": "spacy.Corpus.v1", "path": "news.spacy"}},
    }
    found = prepare(config, tmp_path, steps=10)["corpora"]["train"]
    assert found == {"@readers": "spacy.Corpus.v1", "path": str(tmp_path / "a.spacy")}


FALLING = {
    "@schedules": "warmup_linear.v1",
    "warmup_steps": 4,
    "total_steps": 40,
    "initial_rate": 0.003,
}


@pytest.mark.parametrize("rate", [0.003, {"@schedules": "constant.v1", "rate": 0.003}, FALLING])
def test_gold_text_comes_last_at_a_tenth_of_the_rate(tmp_path, rate):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    config = prepare(default_config("en"), tmp_path, steps=40)
    config["training"]["optimizer"]["learn_rate"] = rate
    config["training"]["batcher"] = {"@batchers": "spacy.batch_by_words.v1", "size": 700}
    nlp.config = config
    set_up_gold(nlp, train=tmp_path / "gold.spacy", dev=tmp_path / "b.spacy", tokens=9333)
    training = nlp.config["training"]
    assert training["optimizer"]["learn_rate"] == pytest.approx(0.0003)
    assert training["max_steps"] == 40  # three times the text, in steps of 700 tokens
    assert nlp.config["corpora"]["train"]["path"] == str(tmp_path / "gold.spacy")


def test_components_of_another_pipeline_stay_so(trained, tmp_path):
    trained.to_disk(tmp_path / "trained")
    start = {"paths.start": str(tmp_path / "trained")}
    load_config(FINETUNE, start, interpolate=False).to_disk(tmp_path / "config.cfg")
    found = prepare(read_config(tmp_path / "config.cfg"), tmp_path, steps=10)
    assert found["components"] == {"lstm_ner": {"source": str(tmp_path / "trained")}}
    text, expected = "I like London and Berlin.", [("London", "LOC"), ("Berlin", "LOC")]
    DocBin().to_disk(tmp_path / "a.spacy")  # nothing to initialize anything with
    assert entities(init_nlp(found)(text)) == expected


def test_a_config_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.cfg"
    spacy.blank("en").config.to_disk(path)
    with pytest.raises(ValueError, match=r"LN217.*has 0"):
        read_config(path)
    path.write_text("[nlp", encoding="utf-8")
    with pytest.raises(ValueError, match="LN218"):
        read_config(path)
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner")
    nlp.add_pipe("lstm_ner", name="second")
    nlp.config.to_disk(path)
    with pytest.raises(ValueError, match=r"LN217.*has 2"):
        read_config(path)
