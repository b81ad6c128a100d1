"""Cutting text into tokens, by a tokenizer that is made when the first text comes."""

import sys
from functools import cached_property
from typing import Protocol

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import get_lang_class
from spacy.vocab import Vocab, create_vocab

from ...errors import CodedError, Errors


class Tokenizer(Protocol):
    """What readers need of a pipeline, which every spaCy pipeline has.

    vocab (Vocab): The vocabulary of the documents.
    """

    vocab: Vocab

    def make_doc(self, text: str) -> Doc:
        """Cut a text into tokens."""


class LazyTokenizer:
    """The tokenizer of a language, for texts of any length.

    That of some languages, such as Japanese, needs packages of its own. Files that are tokenized
    already do not, so it is made when the first text comes.

    lang (str): Code of the language.
    RAISES (ValueError): spaCy has no such language.
    """

    def __init__(self, lang: str) -> None:
        self.lang = lang
        try:
            self.vocab: Vocab = create_vocab(lang, get_lang_class(lang).Defaults)
        except Exception as error:  # whatever comes of importing a module of that name
            raise CodedError(Errors.E138.format(lang=lang, error=error)) from error

    def make_doc(self, text: str) -> Doc:
        """Cut a text into tokens.

        RAISES (ValueError): The packages that the language needs are not installed.
        """
        return self._nlp.make_doc(text)

    @cached_property
    def _nlp(self) -> Language:
        try:
            nlp = spacy.blank(self.lang, vocab=self.vocab)
        except Exception as error:  # whatever the packages raise that a language needs
            raise CodedError(Errors.E138.format(lang=self.lang, error=error)) from error
        nlp.max_length = sys.maxsize  # the limit is for parsers' memory
        return nlp
