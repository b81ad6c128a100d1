"""What a format declares, and what follows from that."""

from dataclasses import dataclass

import pytest

from spacy_lstm_ner.training.converters.format import Format, option


@dataclass
class Lines(Format):
    """One word a line."""

    suffixes = (".lines",)
    comment: str = option("#", "What a comment starts with")

    def read(self, path, nlp, labels, problems):
        return iter(())


def test_the_options_of_a_format_are_its_fields_and_those_of_every_format():
    options = Lines.options()
    assert {name: found.default for name, found in options.items()} == {
        "encoding": "utf-8",
        "comment": "#",
    }
    assert options["comment"].metadata["help"] == "What a comment starts with"
    assert Lines(comment="%").comment == "%"


def test_a_format_that_cannot_read_cannot_be_made():
    with pytest.raises(TypeError, match="read"):
        Format()
