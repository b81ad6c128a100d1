import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from spacy_lstm_ner.pipeline.teaching import as_teacher, learn_from
from spacy_lstm_ner.training.voting import LABELLED

from ..conftest import TRAIN, entities

# Other text than the teacher has seen, in which it finds what it knows.
TEXT = "I like London and Berlin, said Shaka Khan."


def make_student(**settings):
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config=settings).add_label("LOC")
    nlp.get_pipe("lstm_ner").add_label("PERSON")
    nlp.initialize()
    return nlp


def make_example(nlp, text, ents, *, labelled):
    eg = Example.from_dict(nlp.make_doc(text), {"entities": ents})
    if labelled:
        eg.reference.user_data[LABELLED] = ["teacher"]
    return eg


def learn(nlp, examples, *, steps=60):
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(steps):
        losses = nlp.update(examples, sgd=optimizer, losses={})
    return losses["lstm_ner"]


def test_a_student_learns_what_its_teacher_holds_possible_and_not_what_is_annotated(trained):
    nlp = make_student()
    ner, teacher = nlp.get_pipe("lstm_ner"), trained.get_pipe("lstm_ner")
    examples = [make_example(nlp, TEXT, [(0, 1, "LOC")], labelled=True)]
    with learn_from(ner, [as_teacher(trained, teacher)]):
        assert learn(nlp, examples) < 0.05
    assert entities(nlp(TEXT)) == entities(trained(TEXT)) != [("I", "LOC")]
    asked, expected = ner.ask(nlp.make_doc(TEXT)), teacher.ask(trained.make_doc(TEXT))
    for span in ((7, 13), (18, 24), (31, 41), (0, 1)):
        for label in ("LOC", "PERSON"):
            chance = expected.probability(span, label)
            assert asked.probability(span, label) == pytest.approx(chance, abs=0.02)


def test_what_people_annotated_is_learned_as_it_is_beside_it(trained):
    nlp = make_student()
    text, ents = TRAIN[1]
    others = [(start, end, "PERSON") for start, end, _ in ents]
    examples = [
        make_example(nlp, text, others, labelled=False),
        make_example(nlp, TRAIN[0][0], [], labelled=True),
    ]
    with learn_from(nlp.get_pipe("lstm_ner"), [as_teacher(trained, trained.get_pipe("lstm_ner"))]):
        learn(nlp, examples)
    assert entities(nlp(text)) == [("London", "PERSON"), ("Berlin", "PERSON")]
    assert entities(nlp(TRAIN[0][0])) == [("Shaka Khan", "PERSON")]


def test_without_teachers_the_marks_change_nothing(trained):
    nlp = make_student()
    ner = nlp.get_pipe("lstm_ner")
    examples = [make_example(nlp, TRAIN[0][0], [], labelled=flag) for flag in (False, True)]
    scores = ner.model.predict([eg.predicted for eg in examples])
    with learn_from(ner, [as_teacher(trained, trained.get_pipe("lstm_ner"))]):
        _, taught = ner.get_loss(examples, scores)
    loss, gradient = ner.get_loss(examples, scores)
    first, second = (ner.get_loss([eg], ner.model.predict([eg.predicted]))[0] for eg in examples)
    assert loss == pytest.approx(2 * first) == pytest.approx(2 * second)
    one, other = gradient.emissions.split(gradient.lengths)
    assert one.tolist() == other.tolist()
    one, other = taught.emissions.split(taught.lengths)
    assert one.tolist() != other.tolist()


def test_teachers_are_let_go_and_never_saved(trained):
    nlp = make_student()
    ner = nlp.get_pipe("lstm_ner")
    before = ner.to_bytes()
    with learn_from(ner, [as_teacher(trained, trained.get_pipe("lstm_ner"))]):
        assert ner.to_bytes() == before
    assert ner.teachers == ()

    def stop():
        with learn_from(ner, [as_teacher(trained, trained.get_pipe("lstm_ner"))]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert ner.teachers == ()


def test_a_teacher_sees_what_its_own_components_set():
    """Its first component turns every word into another one that it was trained on."""

    @Language.component("in_english")
    def in_english(doc):
        words = ["London" if token.text == "Londres" else token.text for token in doc]
        return Doc(doc.vocab, words=words, spaces=[bool(t.whitespace_) for t in doc])

    teacher = spacy.blank("en")
    teacher.add_pipe("in_english")
    ner = teacher.add_pipe("lstm_ner")
    ner.add_label("LOC")
    teacher.initialize()
    teach = as_teacher(teacher, ner)
    student = spacy.blank("en")
    found, expected = (
        teach([student.make_doc(text)]).emissions for text in ("I like Londres", "I like London")
    )
    assert found.tolist() == expected.tolist()
    assert teacher.pipe_names == ["in_english", "lstm_ner"]
