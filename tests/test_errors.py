"""Messages have a code made of their name, and say what was given."""

import re

import pytest

from spacy_lstm_ner.errors import Coded, CodedError, Errors, Warnings
from spacy_lstm_ner.tags import TagScheme

MESSAGES = {
    name: message
    for messages in (Errors, Warnings)
    for name, message in vars(messages).items()
    if re.fullmatch(r"[EW]\d+", name)
}


def test_the_code_of_a_message_is_made_of_its_name():
    class Made(metaclass=Coded):
        E007 = "Found {found}."
        W123 = "Careful."
        other = "No message."

    assert Made.E007.format(found=3) == "[LN007] Found 3."
    assert Made.W123 == "[LW123] Careful."
    assert Made.other == "No message."


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_one_code_and_ends_as_a_sentence_or_a_list_does(name):
    code = {"E": "LN", "W": "LW"}[name[0]] + name[1:]
    message = MESSAGES[name]
    assert message.startswith(f"[{code}] ")
    assert len(re.findall(r"\[L[NW]\d{3}\]", message)) == 1
    assert message.endswith((".", "}", "'"))


def test_errors_of_this_package_are_told_apart_and_are_value_errors():
    with pytest.raises(CodedError, match=r"^\[LN002\] Unknown tag scheme 'bilou'") as raised:
        TagScheme(["X"], scheme="bilou")
    assert isinstance(raised.value, ValueError)
