"""Readers of annotation in other formats, one file a format."""

from .brat import Brat
from .columns import Columns
from .conllu import CoNLLU
from .docbin import DocBins
from .doccano import Doccano
from .format import Format
from .gmb import GMB
from .huggingface import HuggingFace
from .inline import Inline
from .iob import IOB
from .label_studio import LabelStudio
from .prodigy import Prodigy

# To add a format, write a file with a subclass of `Format` and add a row here. The flags, the help
# and the messages of `convert` follow from it.
FORMATS: dict[str, type[Format]] = {
    "gmb": GMB,
    "columns": Columns,
    "conllu": CoNLLU,
    "iob": IOB,
    "inline": Inline,
    "doccano": Doccano,
    "prodigy": Prodigy,
    "label-studio": LabelStudio,
    "brat": Brat,
    "huggingface": HuggingFace,
    "spacy": DocBins,
}
