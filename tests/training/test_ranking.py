import numpy as np

from spacy_lstm_ner.training.ranking import rank


def order(*texts, **settings):
    """The order of texts, each given as uncertainty, tokens and what is in doubt."""
    uncertainty, tokens, doubtful = zip(*texts, strict=True)
    return rank(np.array(uncertainty), np.array(tokens), doubtful, **settings).tolist()


def test_texts_come_by_falling_uncertainty_and_equals_in_their_order():
    assert order((1.0, 4, []), (3.0, 4, []), (1.0, 4, []), (2.0, 4, [])) == [1, 3, 0, 2]


def test_uncertainty_is_divided_by_the_root_of_the_length():
    assert order((2.0, 16, []), (1.5, 4, [])) == [1, 0]
    assert order((3.1, 16, []), (1.5, 4, [])) == [0, 1]
    assert order((2.0, 16, []), (1.5, 4, []), length=0.0) == [0, 1]
    assert order((3.1, 16, []), (1.5, 4, []), length=1.0) == [1, 0]


def test_a_text_whose_doubts_were_met_in_a_more_uncertain_one_comes_later():
    texts = [(3.0, 1, ["rome"]), (2.9, 1, ["rome"]), (2.0, 1, ["oslo"]), (2.8, 1, ["rome"])]
    # Worth 3, 2.9 / 2, 2 and 2.8 / 3.
    assert order(*texts) == [0, 2, 1, 3]


def test_the_most_uncertain_of_those_with_the_same_doubts_stays_first_wherever_it_is():
    assert order((1.0, 1, ["rome"]), (3.0, 1, ["rome"]), (2.0, 1, ["oslo"])) == [1, 2, 0]


def test_novelty_is_the_mean_over_the_words_in_doubt():
    texts = [(4.0, 1, ["rome"]), (3.0, 1, ["rome", "oslo", "oslo"]), (2.2, 1, [])]
    assert order(*texts) == [0, 1, 2]  # worth 3 * 3/4 = 2.25
    texts[2] = (2.3, 1, [])
    assert order(*texts) == [0, 2, 1]


def test_texts_without_tokens_are_last_and_an_empty_pool_has_an_empty_order():
    assert order((0.0, 0, []), (0.1, 3, [])) == [1, 0]
    assert rank(np.zeros(0), np.zeros(0, int), []).tolist() == []


def test_a_pool_of_copies_takes_time_by_its_size():
    """Each text would be compared a hundred thousand times if all of them were with each other."""
    n = 100_000
    found = rank(np.linspace(1.0, 2.0, n), np.full(n, 9), [["rome"]] * n)
    assert found[0] == n - 1
    assert sorted(found.tolist()) == list(range(n))
