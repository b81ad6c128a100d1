"""A document counts in training as much as its weight says, whatever there is to learn of it."""

import pytest
import spacy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_lstm_ner.models.scores import Scores
from spacy_lstm_ner.pipeline.teaching import learn_from
from spacy_lstm_ner.training.partly import set_annotated_labels
from spacy_lstm_ner.training.voting import LABELLED
from spacy_lstm_ner.training.weights import set_weight

from ..conformance.small import SMALL, make_small

WORDS = ["Ann", "saw", "Rome", "today"]
OTHERS = ["Bob", "left"]
ANNOTATED = ["B-PER", "O", "B-GEO", "O"]
ALONE = ["B-PER", "", "", ""]


def make_pipeline(head):
    nlp = make_small(head=head)
    nlp.remove_pipe("lstm_ner")
    config = {"model": {**SMALL, "head": head}, "incorrect_spans_key": "wrong"}
    ner = nlp.add_pipe("lstm_ner", config=config)
    for label in ("GEO", "PER"):
        ner.add_label(label)
    nlp.initialize()
    return nlp


def make(nlp, words, tags, *, weight=None, wrong=False, taught=False, found=None):
    doc = Doc(nlp.vocab, words=words, ents=tags)
    if weight is not None:
        set_weight(doc, weight)
    if wrong:
        doc.spans["wrong"] = [Span(doc, 1, 2, "GEO")]
    if found is not None:
        set_annotated_labels(doc, None, found=found)
    if taught:
        doc.user_data[LABELLED] = ["teacher"]
    return Example(Doc(nlp.vocab, words=words), doc)


def scores_of(docs, n_tags, seed):
    """The same scores for documents of the same length."""
    parts = []
    for doc in docs:
        random = torch.Generator().manual_seed(100 * seed + len(doc))
        parts.append(torch.randn(len(doc), n_tags, generator=random))
    moves = torch.randn(n_tags, n_tags, generator=torch.Generator().manual_seed(seed))
    return Scores(torch.cat(parts), [len(doc) for doc in docs], moves)


def loss_of(nlp, *examples):
    """The loss, and the gradient by documents and of transitions."""
    ner = nlp.get_pipe("lstm_ner")
    n_tags = len(ner.scheme)
    with learn_from(ner, [lambda docs: scores_of(docs, n_tags, seed=2)]):
        scores = scores_of([eg.predicted for eg in examples], n_tags, seed=1)
        loss, gradient = ner.get_loss(examples, scores)
    return loss, gradient.emissions.split(gradient.lengths), gradient.transitions


@pytest.mark.parametrize("head", ["crf", "softmax"])
@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (ANNOTATED, {}),
        (ANNOTATED, {"wrong": True}),
        (ALONE, {}),
        (ALONE, {"found": 0.3}),
        (["O"] * 4, {"taught": True}),
    ],
)
def test_a_weight_of_2_is_the_document_twice_and_one_of_0_is_none(head, tags, kind):
    nlp = make_pipeline(head)
    empty = Example(Doc(nlp.vocab), Doc(nlp.vocab))
    wrong = "wrong" in kind
    weighted = loss_of(
        nlp,
        make(nlp, WORDS, tags, weight=2, **kind),
        empty,
        make(nlp, OTHERS, ["", "B-GEO"], weight=0, wrong=False),
        make(nlp, OTHERS, ["O", "O"], weight=0, wrong=wrong),
    )
    one = make(nlp, WORDS, tags, **kind)
    nothing = make(nlp, OTHERS, ["", ""])
    twice = loss_of(nlp, one, empty, one, nothing)
    assert weighted[0] == pytest.approx(twice[0], rel=1e-5)
    assert weighted[0] > 0.1
    of_first, _, *of_others = weighted[1]
    both = twice[1][0] + twice[1][2]
    torch.testing.assert_close(of_first, both, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(weighted[2], twice[2], atol=1e-5, rtol=1e-4)
    assert both.any()
    assert not any(part.any() for part in of_others)


def test_a_batch_of_weight_0_leaves_the_model_as_it_is():
    nlp = make_pipeline("crf")
    optimizer = nlp.resume_training()

    def scores_after(tags, weight):
        nlp.update([make(nlp, WORDS, tags, weight=weight, wrong=True)], sgd=optimizer)
        return nlp.get_pipe("lstm_ner").model.predict([Doc(nlp.vocab, words=WORDS)]).emissions

    before = scores_after(ANNOTATED, None)
    assert scores_after(ANNOTATED, 0).tolist() == before.tolist()
    assert scores_after(ALONE, 0).tolist() == before.tolist()
    assert scores_after(ANNOTATED, 0.1).tolist() != before.tolist()


def test_what_is_annotated_wrongly_is_learned_less_where_it_counts_less():
    spacy.util.fix_random_seed(0)
    nlp = make_pipeline("crf")
    right, wrong = ["B-PER", "O", "B-GEO", "O"], ["B-GEO", "O", "B-PER", "O"]
    examples = [make(nlp, WORDS, right, weight=0.9), make(nlp, WORDS, wrong, weight=0.1)]
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.005
    for _ in range(150):
        nlp.update(examples, sgd=optimizer)
    asked = nlp.get_pipe("lstm_ner").ask(Doc(nlp.vocab, words=WORDS))
    assert asked.probability((0, 3), "PER") == pytest.approx(0.9, abs=0.05)
