"""One fold, in a process of its own: train on the others, read this one, compare."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens.doc import DOCBIN_ALL_ATTRS
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import DIR_MODEL_LAST, train
from thinc.api import Config

from ...instruments.readings import read
from ...instruments.suspects import Suspect, find_suspects
from ...pipeline.loading import load_pipeline
from ...pipeline.policy import SETTINGS
from ...training.docbin import write_docbins
from ...training.labelling import bare
from ..examples import read_docs
from ..outputs import replaced
from ..pipelines import find_recognizer
from ..processes import Advance
from ..steps import tell_steps

# Documents to score on meanwhile, as spaCy's training asks for; nothing depends on the scores.
SCORED = 20
# Takes the place of the config's own logger: a training for each fold is none to keep a record of.
SILENT = {"@loggers": "spacy.ConsoleLogger.v3", "console_output": False}


@dataclass(frozen=True)
class Fold:
    """What is not trained on, and what to do.

    round, number (int): Its numbers, from 1.
    corpus (Path): The documents.
    heldout (Sequence[int]): Which of them it has, from 0.
    config (str): What to train with, its corpora in the folder.
    folder (Path): Where to train.
    result (Path): What is found goes there.
    """

    round: int
    number: int
    corpus: Path
    heldout: Sequence[int]
    config: str
    folder: Path
    result: Path

    @property
    def steps(self) -> int:
        """How many steps are taken in training, which counts them from 0 to the most there are."""
        return int(Config().from_str(self.config)["training"]["max_steps"]) + 1


def judge_fold(fold: Fold, advance: Advance) -> None:
    """Train on the documents that a fold has not, and write where those that it has are doubtful.

    fold (Fold): What to do.
    advance (Advance): Is told of each step.
    RAISES (ValueError): Something cannot be read, trained with or written.
    """
    docs, held = read_docs(Language(), fold.corpus), set(fold.heldout)
    shutil.rmtree(fold.folder, ignore_errors=True)
    fold.folder.mkdir(parents=True)
    nlp = _train(fold, [doc for i, doc in enumerate(docs) if i not in held], advance)
    heldout = {i + 1: docs[i] for i in fold.heldout}
    records = [suspect.to_json() for suspect in _find(nlp, heldout)]
    with replaced(fold.result) as file:
        file.write(json.dumps(records, ensure_ascii=False).encode())
    shutil.rmtree(fold.folder, ignore_errors=True)


def _train(fold: Fold, docs: Sequence[Doc], advance: Advance) -> Language:
    """Train, and take the weights of the last step: the best ones could be chosen by errors."""
    scored = [doc for doc in docs if len(doc)][:SCORED]
    parts = {fold.folder / "train.spacy": docs, fold.folder / "dev.spacy": scored}
    write_docbins(parts, attrs=DOCBIN_ALL_ATTRS, store_user_data=True)
    config = Config().from_str(fold.config)
    config["training"]["logger"] = SILENT
    nlp = init_nlp(config)
    tell_steps(nlp, partial(advance, 1))
    train(nlp, fold.folder, stdout=StringIO(), stderr=StringIO())
    return load_pipeline(str(fold.folder / DIR_MODEL_LAST))


def _find(nlp: Language, docs: Mapping[int, Doc]) -> Iterator[Suspect]:
    """Where documents are doubtful, which are given by their numbers."""
    ner = find_recognizer(nlp, nlp.meta["name"], None)
    ner.cfg.update(SETTINGS)  # whatever a config decides by, the most probable reading is asked for
    numbers = list(docs)
    # On the tokens that are annotated, so that each entity has a probability.
    examples = [Example(bare(doc, nlp.vocab), doc) for doc in docs.values()]
    for reading in read(nlp, ner, {"": examples}):
        yield from find_suspects(replace(reading, number=numbers[reading.number - 1]))
