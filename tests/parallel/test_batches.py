import random

import pytest
import spacy
from spacy.training import Example

from spacy_lstm_ner.parallel import batches
from spacy_lstm_ner.parallel.batches import make_share_batcher, share_of_batch

from ..conformance.small import make_small
from ..conftest import train


def examples(*lengths):
    nlp = spacy.blank("en")
    return [Example.from_dict(nlp.make_doc(" ".join("a" * length)), {}) for length in lengths]


def by_number(size):
    return lambda found: [found[i : i + size] for i in range(0, len(found), size)]


def shares(monkeypatch, rank, found, *, size, processes=2):
    monkeypatch.setattr(batches, "count", lambda: processes)
    monkeypatch.setattr(batches, "rank", lambda: rank)
    monkeypatch.setattr(batches, "agree", lambda number, device: True)
    monkeypatch.setattr(batches, "check_blocks", lambda: None)
    return [(own, share_of_batch()) for own in make_share_batcher(by_number(size))(found)]


def test_one_process_has_the_batches_as_they_are_but_for_their_order():
    found = examples(1, 3, 2, 5)
    first, second = make_share_batcher(by_number(3))(found)
    assert [len(one) for one in first] == [3, 2, 1]
    assert [len(one) for one in second] == [5]
    assert share_of_batch() == 1.0


def test_each_example_is_in_one_share(monkeypatch):
    found = examples(4, 1, 7, 2, 3, 6)
    (first,), (second,) = (shares(monkeypatch, i, found, size=6) for i in range(2))
    assert sorted(map(len, first[0] + second[0])) == [1, 2, 3, 4, 6, 7]
    assert [len(one) for one in first[0]] == [7, 3, 2]
    assert [len(one) for one in second[0]] == [6, 4, 1]


def test_a_process_knows_how_much_of_a_batch_it_has(monkeypatch):
    found = examples(1, 2, 3)
    ((own, share),) = shares(monkeypatch, 0, found, size=3)
    assert (len(own), share) == (1, pytest.approx(1 / 3))


def test_a_batch_too_small_to_be_shared_goes_with_the_one_before(monkeypatch):
    found = examples(1, 2, 3, 4, 5)
    made = [[len(eg) for eg in own] for own, _ in shares(monkeypatch, 1, found, size=2)]
    assert made == [[1], [4, 3]]
    everything = [shares(monkeypatch, i, found, size=2) for i in range(2)]
    assert sorted(len(eg) for one in everything for own, _ in one for eg in own) == [1, 2, 3, 4, 5]


def test_more_processes_than_examples_are_an_error(monkeypatch):
    with pytest.raises(ValueError, match=r"LN322.*2 examples.*3 processes"):
        shares(monkeypatch, 0, examples(1, 2), size=2, processes=3)


def test_batches_that_differ_are_an_error(monkeypatch):
    monkeypatch.setattr(batches, "count", lambda: 2)
    monkeypatch.setattr(batches, "agree", lambda number, device: False)
    monkeypatch.setattr(batches, "check_blocks", lambda: None)
    with pytest.raises(ValueError, match=r"LN323.*seed"):
        next(make_share_batcher(by_number(2))(examples(1, 2)))


def test_what_components_draw_does_not_change_what_is_read():
    """Corpora are shuffled and augmented by Python's random numbers, and `ner` draws of them."""

    def read(draws):
        random.seed(0)
        drawn, read = [], []
        for _ in range(2):
            for batch in make_share_batcher(draw_batches)(examples(1, 2, 3, 4)):
                read += [len(one) for one in batch]
                drawn += [random.random() for _ in range(draws)]
            read.append(random.random())  # as spaCy shuffles
        return read, drawn

    def draw_batches(found):
        for _ in range(3):
            yield random.sample(found, 2)

    once, thrice = read(1), read(3)
    assert once[0] == thrice[0]
    assert len(set(thrice[1])) == 18


def test_by_itself_nothing_waits_for_other_processes(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "2")
    monkeypatch.setattr(batches, "_share", 1.0)
    nlp = make_small()
    losses = train(nlp, steps=1)
    assert losses["lstm_ner"] > 0
