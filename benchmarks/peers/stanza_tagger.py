"""Stanza's NER tagger, a BiLSTM-CRF over words and characters, trained from nothing.

python benchmarks/peers/stanza_tagger.py train DATA OUT [--steps 4000]  (DATA: folder of .iob2)
python benchmarks/peers/stanza_tagger.py time OUT TEST [--repeats 3]    (TEST: an .iob2 file)

Each prints one line of JSON to stdout. Widths are those of flair_tagger.py; the step that is best
on the first sentences of dev.iob2 is kept. In an environment made of requirements-stanza.txt.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import peer

DEV_SENTENCES = 1000
OPTIONS = {
    "hidden_dim": 128,
    "word_emb_dim": 100,
    "char_emb_dim": 25,
    "char_hidden_dim": 25,
    "optim": "adam",
    "lr": 0.002,
    "eval_interval": 250,
    "patience": 1,
}


def write_json(data: list[peer.Sentence], path: Path) -> Path:
    found = [
        [{"text": word, "ner": tag} for word, tag in zip(words, tags, strict=True)]
        for words, tags in data
    ]
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


def train(arguments: argparse.Namespace) -> dict[str, Any]:
    import torch
    from stanza.models import ner_tagger

    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    data = peer.read_iob2(arguments.data / "train.iob2", arguments.sentences)
    dev = peer.read_iob2(arguments.data / "dev.iob2", DEV_SENTENCES)
    options = {
        **OPTIONS,
        "max_steps": arguments.steps,
        "seed": arguments.seed,
        "shorthand": "en_gmb",
        "save_name": "model.pt",
        "save_dir": arguments.out,
        "train_file": write_json(data, arguments.out / "train.json"),
        "eval_file": write_json(dev, arguments.out / "dev.json"),
    }
    start = time.process_time()
    given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    ner_tagger.main([*given, "--no_pretrain", "--cpu"])
    settings = {
        "minutes": round((time.process_time() - start) / 60, 1),
        "steps": arguments.steps,
        "sentences": len(data),
        "seed": arguments.seed,
        **OPTIONS,
    }
    peer.save_settings(arguments.out, settings)
    return settings


def load(folder: Path) -> Any:
    """Stanza's processor; without the catalogue of its models, which would be a download."""
    import stanza

    (folder / "resources.json").write_text("{}", encoding="utf-8")
    nlp = stanza.Pipeline(
        "en",
        dir=str(folder),
        processors="tokenize,ner",
        package=None,
        tokenize_pretokenized=True,
        ner_model_path=str(folder / "model.pt"),
        ner_pretrain_path="",
        ner_forward_charlm_path="",
        ner_backward_charlm_path="",
        allow_unknown_language=True,
        download_method=None,
        use_gpu=False,
        verbose=False,
    )
    return nlp.processors["ner"]


def clock(arguments: argparse.Namespace) -> dict[str, Any]:
    import torch
    from stanza.models.common.doc import Document

    torch.set_num_threads(arguments.threads)
    tagger = load(arguments.model)

    def prepare(texts: list[list[str]]) -> tuple[list[int], Any]:
        """A document in order of length, so that little of a batch is padding, and that order."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        rows = [[{"id": n, "text": word} for n, word in enumerate(texts[i], 1)] for i in order]
        return order, Document(rows)

    def predict(inputs: tuple[list[int], Any], size: int) -> list[list[peer.Span]]:
        order, document = inputs
        tagger.configs[0]["batch_size"] = size
        found: list[list[peer.Span]] = [[] for _ in order]
        for i, sentence in zip(order, tagger.process(document).sentences, strict=True):
            found[i] = [(e.tokens[0].id[0] - 1, e.tokens[-1].id[0], e.type) for e in sentence.ents]
        return found

    return peer.report(("stanza", "torch", "numpy"), prepare, predict, arguments)


if __name__ == "__main__":
    parser, train_parser = peer.make_parser(__doc__, sizes=[8, 16, 32, 64, 128, 256])
    train_parser.add_argument("--steps", type=int, default=4000, help="of 32 sentences at most")
    train_parser.add_argument("--seed", type=int, default=0)
    peer.main(parser, train, clock)
