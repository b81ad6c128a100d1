"""flair's SequenceTagger, a BiLSTM-CRF over words and characters, trained from nothing.

python benchmarks/peers/flair_tagger.py train DATA OUT [--minutes 18]   (DATA: folder of .iob2)
python benchmarks/peers/flair_tagger.py time OUT TEST [--repeats 3]     (TEST: an .iob2 file)

Each prints one line of JSON to stdout. Training stops after so many minutes of processor time, and
the learning rate falls to nothing by then. In an environment made of requirements-flair.txt.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import peer

WORD_WIDTH = 100
MIN_FREQUENCY = 2
HIDDEN = 128
BATCH = 16
LEARNING_RATE = 2e-3


def configure(threads: int, seed: int = 0) -> None:
    import flair
    import torch

    torch.set_num_threads(threads)
    flair.device = torch.device("cpu")
    flair.set_seed(seed)


def make_sentence(words: list[str], tags: list[str]) -> Any:
    from flair.data import Sentence

    sentence = Sentence(words)
    for start, end, label in peer.spans(tags):
        sentence[start:end].add_label("ner", label)
    return sentence


def make_tagger(corpus: Any) -> Any:
    from flair.data import Dictionary
    from flair.embeddings import CharacterEmbeddings, OneHotEmbeddings, StackedEmbeddings
    from flair.models import SequenceTagger

    characters = Dictionary()  # flair's own list of them would be a download
    for sentence in corpus.train:
        for character in sentence.text:
            characters.add_item(character)
    words = OneHotEmbeddings.from_corpus(
        corpus, min_freq=MIN_FREQUENCY, embedding_length=WORD_WIDTH
    )
    return SequenceTagger(
        embeddings=StackedEmbeddings([words, CharacterEmbeddings(characters)]),
        tag_dictionary=corpus.make_label_dictionary("ner", add_unk=False),
        tag_type="ner",
        hidden_size=HIDDEN,
    )


def make_schedule(minutes: float) -> Any:
    from flair.trainers.plugins import TrainerPlugin, TrainingInterrupt

    class Schedule(TrainerPlugin):
        """The learning rate falls in a line with the processor time that is left."""

        def __init__(self) -> None:
            super().__init__()
            self.start, self.batches = time.process_time(), 0

        @TrainerPlugin.hook
        def after_training_batch(self, **_: Any) -> None:
            self.batches += 1
            left = 1 - (time.process_time() - self.start) / (60 * minutes)
            if left <= 0:
                raise TrainingInterrupt("the time is up")
            for group in self.trainer.optimizer.param_groups:
                group["lr"] = LEARNING_RATE * left

    return Schedule()


def train(arguments: argparse.Namespace) -> dict[str, Any]:
    configure(arguments.threads, arguments.seed)
    import torch
    from flair.data import Corpus
    from flair.datasets import FlairDatapointDataset
    from flair.trainers import ModelTrainer

    data = peer.read_iob2(arguments.data / "train.iob2", arguments.sentences)
    dataset = FlairDatapointDataset([make_sentence(*sentence) for sentence in data])
    corpus = Corpus(train=dataset, sample_missing_splits=False)
    schedule = make_schedule(arguments.minutes)
    ModelTrainer(make_tagger(corpus), corpus).train(
        arguments.out,
        optimizer=torch.optim.Adam,
        learning_rate=LEARNING_RATE,
        mini_batch_size=BATCH,
        max_epochs=1000,
        embeddings_storage_mode="none",
        use_final_model_for_eval=True,
        plugins=[schedule],
        attach_default_scheduler=False,
    )
    settings = {
        "minutes": arguments.minutes,
        "epochs": round(schedule.batches * BATCH / len(data), 2),
        "sentences": len(data),
        "seed": arguments.seed,
        "hidden": HIDDEN,
        "word_width": WORD_WIDTH,
        "min_frequency": MIN_FREQUENCY,
        "batch": BATCH,
        "learning_rate": LEARNING_RATE,
    }
    peer.save_settings(arguments.out, settings)
    return settings


def load(path: Path) -> Any:
    """The tagger, its embeddings in the order that it was trained with.

    flair joins the embeddings of a stack by the order of their names, which a stack begins with a
    number. Words lose theirs in saving, and would come after characters: F1 near 0, no error.
    """
    from flair.models import SequenceTagger

    tagger = SequenceTagger.load(path)
    for i, embedding in enumerate(tagger.embeddings.embeddings):
        embedding.name = f"{i}-{embedding.name.removeprefix(f'{i}-')}"
    return tagger


def clock(arguments: argparse.Namespace) -> dict[str, Any]:
    configure(arguments.threads)
    from flair.data import Sentence

    tagger = load(arguments.model / "final-model.pt")

    def prepare(texts: list[list[str]]) -> list[Any]:
        return [Sentence(words) for words in texts]

    def predict(sentences: list[Any], size: int) -> list[list[peer.Span]]:
        # One call for each batch: given all sentences, flair clears all of them after every batch.
        ordered = sorted(sentences, key=len)
        for start in range(0, len(ordered), size):
            tagger.predict(ordered[start : start + size], mini_batch_size=size)
        return [[read(span) for span in sentence.get_spans("ner")] for sentence in sentences]

    def read(span: Any) -> peer.Span:
        return span.tokens[0].idx - 1, span.tokens[-1].idx, span.tag

    return peer.report(("flair", "torch", "numpy"), prepare, predict, arguments)


if __name__ == "__main__":
    parser, train_parser = peer.make_parser(__doc__, sizes=[8, 16, 32, 64, 128, 256])
    train_parser.add_argument("--minutes", type=float, default=18, help="of processor time")
    train_parser.add_argument("--seed", type=int, default=0)
    peer.main(parser, train, clock)
