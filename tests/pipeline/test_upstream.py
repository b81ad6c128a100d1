import spacy

from spacy_lstm_ner.pipeline.upstream import upstream_only


def test_a_component_and_those_after_it_rest_for_as_long_as_the_context_lasts():
    nlp = spacy.blank("en")
    for name in ("sentencizer", "entity_ruler", "doc_cleaner"):
        nlp.add_pipe(name)
    with upstream_only(nlp, "entity_ruler"):
        assert nlp.pipe_names == ["sentencizer"]
    assert nlp.pipe_names == ["sentencizer", "entity_ruler", "doc_cleaner"]
