"""A component that ends its process as the power cut of a machine would: at once."""

import os
import signal
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc


@Language.factory("deadly")
class Deadly:
    """Ends the first process that reads a text of the word "deadly"."""

    def __init__(self, nlp: Language, name: str, marker: str) -> None:
        self.marker = Path(marker)

    def __call__(self, doc: Doc) -> Doc:
        if doc[0].text == "deadly" and not self.marker.exists():
            self.marker.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return doc
