"""A recognizer small enough to train in a second or two."""

import spacy
from spacy.language import Language
from spacy.training import Example

SMALL = {
    "tok2vec": {
        "embed": {
            "word_width": 16,
            "min_count": 1,
            "attrs": ["SUFFIX", "SHAPE"],
            "rows": [200, 100],
            "widths": [8, 8],
            "char_width": 0,
        },
        "encode": {"hidden_width": 24},
    }
}


def make_small(**model) -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("lstm_ner", config={"model": {**SMALL, **model}})
    return nlp


def as_float32(nlp: Language) -> Language:
    """Predict in 32-bit floats, whatever the hardware likes best."""
    nlp.get_pipe("lstm_ner").predict_in("float32")
    return nlp


def make_example(nlp: Language, text: str, *ents: tuple[str, str]) -> Example:
    """An example whose entities are the first occurrences of the given words."""
    spans = [(text.index(words), text.index(words) + len(words), label) for words, label in ents]
    return Example.from_dict(nlp.make_doc(text), {"entities": spans})
