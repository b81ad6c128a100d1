import spacy
from spacy.tokens import Doc

from spacy_lstm_ner.cli.clean.fold import Fold
from spacy_lstm_ner.cli.clean.folds import divide, make_folds
from spacy_lstm_ner.cli.clean.task import Task
from spacy_lstm_ner.training import student
from spacy_lstm_ner.training.partly import set_annotated_labels

VOCAB = spacy.blank("en").vocab


def test_every_document_is_in_one_fold():
    folds = divide(11, 3, seed=[0, 1])
    assert sorted(number for fold in folds for number in fold) == list(range(11))
    assert sorted(map(len, folds)) == [3, 4, 4]


def test_divisions_are_drawn_by_their_seed():
    assert divide(20, 2, seed=[0, 1]) == divide(20, 2, seed=[0, 1])
    others = [divide(20, 2, seed=seed) for seed in ([0, 1], [0, 2], [1, 1])]
    assert len({str(each) for each in others}) == 3


def make(tmp_path, **settings) -> list[Fold]:
    docs = [Doc(VOCAB, words=["Ada"] * 4000, ents=["B-PER"] + ["O"] * 3999) for _ in range(4)]
    set_annotated_labels(docs[0], ["PER", "ART"])
    task = Task(tmp_path / "corpus.spacy", tmp_path / "out", folds=4, **settings)
    config = student.default_config("en")
    config["training"]["batcher"]["size"] = 100
    return make_folds(task, docs, config, 1)


def test_steps_go_by_the_size_of_what_is_trained_on(tmp_path):
    # Ten times 12,000 tokens in steps of 100.
    assert {fold.steps for fold in make(tmp_path)} == {1201}
    assert {fold.steps for fold in make(tmp_path, steps=8)} == {9}


def test_all_folds_know_all_labels(tmp_path):
    for fold in make(tmp_path):
        assert "ART" in fold.config
        assert "PER" in fold.config
