"""The table of words: what is computed once, what is forgotten, and threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_lstm_ner.nn.words import Rows, WordRows, WordTable


def embed(words):
    """Vectors that say which word they are of."""
    return torch.tensor([[word, -word] for word in words], dtype=torch.float32)


class Seen:
    """A table, what it was asked to embed, and looking words up in it as a layer does."""

    def __init__(self, embed=embed, **settings):
        self.table = WordTable(**settings)
        self.embed = embed
        self.embedded = []

    def look_up(self, words, *sources):
        """The rows that hold the words, and the vectors of the words."""
        rows = self.table.rows(*sources)
        found = rows.find(words)
        if None in found:
            rows, new = self.table.make_room(rows, words)
            self.embedded += new
            rows.add(new, self.embed(new))
            found = rows.find(words)
        return rows, rows.vectors.tensor[torch.tensor(found)]


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=12), max_size=12),
    st.integers(1, 40),
)
def test_words_have_their_vectors_whatever_came_before_and_the_table_keeps_to_its_size(
    batches, max_words
):
    seen = Seen(max_words=max_words)
    for words in batches:
        rows, vectors = seen.look_up(words)
        assert torch.equal(vectors, embed(words))
        doubled = rows.derive(seen, lambda values: 2 * values)
        assert torch.equal(doubled[torch.tensor(rows.find(words))], 2 * embed(words))
        assert len(seen.table.rows()) <= max_words


def test_a_word_is_embedded_once():
    seen = Seen()
    for words in ([3, 1, 3], [1, 2], [2, 2, 3]):
        seen.look_up(words)
    assert seen.embedded == [3, 1, 2]


def test_other_sources_need_another_embedding():
    seen = Seen()
    vocab, other = object(), object()
    for source in (vocab, vocab, other, vocab):
        seen.look_up([1], source)
    assert seen.embedded == [1, 1, 1]


def test_two_million_words_stay_within_the_limit():
    seen = Seen(embed=lambda new: torch.zeros(len(new), 1), max_words=5000)
    for start in range(0, 2_000_000, 4000):
        rows, _ = seen.look_up(range(start, start + 4000))
        assert len(rows) <= 5000
        assert len(seen.table.rows()) <= 5000


def test_a_batch_of_more_words_than_the_limit_is_served_and_not_kept():
    seen = Seen(max_words=3)
    seen.look_up([1, 2])
    _, vectors = seen.look_up([5, 6, 7, 8, 5])
    assert torch.equal(vectors, embed([5, 6, 7, 8, 5]))
    assert len(seen.table.rows()) == 2


def test_what_is_derived_is_computed_once_for_each_word_and_owner():
    seen, sizes = Seen(), []

    class Weights:
        def __call__(self, values):
            sizes.append(len(values))
            return values + 1

    one, other = Weights(), Weights()
    for words in ([1, 2], [2, 3], [1]):
        rows, vectors = seen.look_up(words)
        derived = rows.derive(one, one)
        assert torch.equal(derived[torch.tensor(rows.find(words))], vectors + 1)
    assert sizes == [2, 1]
    rows.derive(other, other)
    assert sizes == [2, 1, 3]


def test_rows_taken_earlier_stay_as_they_were():
    rows = Rows()
    rows.append(torch.ones(2, 3))
    before = rows.tensor
    for i in range(20):
        rows.append(torch.full((i, 3), float(i)))
    assert torch.equal(before, torch.ones(2, 3))
    assert torch.equal(rows.tensor[:2], before)
    assert len(rows) == 2 + sum(range(20))


def test_rows_made_in_inference_mode_can_be_added_to_outside_of_it():
    rows = Rows()
    with torch.inference_mode():
        rows.append(torch.ones(1, 2))
    rows.append(torch.zeros(1, 2))
    assert rows.tensor.tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_two_threads_that_meet_a_word_at_once_agree_on_it():
    together = threading.Barrier(2, timeout=20)

    def embed_at_once(words):
        together.wait()
        return embed(words)

    seen = Seen(embed=embed_at_once)
    batches = [1, 2], [2, 3]
    with ThreadPoolExecutor(2) as pool:
        for words, (_, vectors) in zip(batches, pool.map(seen.look_up, batches), strict=True):
            assert torch.equal(vectors, embed(words))
    assert len(seen.table.rows()) == 3


def test_two_threads_that_derive_at_once_do_not_mix_up_their_rows():
    rows = WordRows()
    rows.add(range(5), embed(range(5)))
    together = threading.Barrier(2, timeout=20)

    def triple_at_once(values):
        together.wait()
        return 3 * values

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: rows.derive(together, triple_at_once), range(2)))
    for derived in (*found, rows.derive(together, pytest.fail)):
        assert torch.equal(derived, 3 * embed(range(5)))


def test_many_threads_find_what_one_finds():
    seen = Seen(max_words=60)
    batches = [[(i * j) % 97 for j in range(1, 25)] for i in range(200)]

    def run(words):
        rows, vectors = seen.look_up(words)
        doubled = rows.derive(seen, lambda values: 2 * values)
        return vectors, doubled[torch.tensor(rows.find(words))]

    with ThreadPoolExecutor(8) as pool:
        for words, (vectors, doubled) in zip(batches, pool.map(run, batches), strict=True):
            assert torch.equal(vectors, embed(words))
            assert torch.equal(doubled, 2 * embed(words))
