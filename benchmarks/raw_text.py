"""What raw text teaches without a teacher, for `accuracy.py`: `spacy pretrain`, and floret vectors.

python benchmarks/raw_text.py WHOLE OUT [--epochs 10]     (floret: pip install floret)
python benchmarks/accuracy.py CORPORA RESULTS OUT/variants.json --only gmb10

WHOLE is a .spacy file whose documents are the raw text; those of the training text may be among
them, since their annotation is not read. `benchmarks/corpora.py` makes a tenth of the Groningen
Meaning Bank, `gmb10`, and `gmb`, whose train is that tenth and the rest.

OUT gets weights that `spacy pretrain` learned by `configs/pretrain.cfg` in so many epochs, vectors
that floret learned, and the configs that take one of them or neither, to compare by `accuracy.py`.
What is there is whole and not made again; other text, epochs or settings are an error.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from corpora import read

from spacy_lstm_ner.cli.manifest import begin, fingerprint
from spacy_lstm_ner.cli.outputs import replaced_folder
from spacy_lstm_ner.errors import CodedError

PRETRAIN = Path("configs/pretrain.cfg")
# Of floret: subwords of so many characters, in rows of so many numbers, of which each has two.
VECTORS = {"dim": 64, "minn": 3, "maxn": 5, "bucket": 20_000, "hashCount": 2, "epoch": 10}


def write_texts(whole: Path, output: Path) -> None:
    """Write documents as texts that `spacy pretrain` reads, and as lines of words for floret."""
    texts = [" ".join(token.text for token in doc) for doc in read(whole)]
    objects = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    (output / "raw.jsonl").write_text(objects, encoding="utf-8")
    (output / "raw.txt").write_text("".join(text + "\n" for text in texts), encoding="utf-8")


def run(*arguments: str | Path) -> float:
    """Run a command of spaCy's on one core; how many minutes it took."""
    command = [sys.executable, "-m", "spacy", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")
    return (time.perf_counter() - start) / 60


def pretrain(output: Path, epochs: int) -> Path:
    """The weights that `spacy pretrain` learns."""
    folder = output / "pretrained"
    if not folder.exists():
        options = [f"--paths.raw_text={output / 'raw.jsonl'}", f"--pretraining.max_epochs={epochs}"]
        # spaCy writes its last weights when it is interrupted, too.
        with replaced_folder(folder) as part:
            minutes = run("pretrain", PRETRAIN, part, *options)
        print(f"pretrained in {minutes:.1f} minutes")
    return folder / "model-last.bin"


def learn_vectors(output: Path) -> Path:
    """A pipeline with the vectors that floret learns."""
    pipeline = output / "vectors"
    if not pipeline.exists():
        import floret

        text, table = str(output / "raw.txt"), output / "vectors.floret"
        model = floret.train_unsupervised(
            text, model="cbow", mode="floret", thread=1, verbose=0, **VECTORS
        )
        model.save_floret_vectors(str(table))
        with replaced_folder(pipeline) as part:
            run("init", "vectors", "en", table, part, "--mode", "floret")
    return pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("whole", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    output = arguments.output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    facts = {
        "text": fingerprint(arguments.whole),
        "epochs": arguments.epochs,
        "config": fingerprint(PRETRAIN),
        "vectors": VECTORS,
    }

    def forget() -> None:
        for learned in ("pretrained", "vectors"):
            shutil.rmtree(output / learned, ignore_errors=True)

    begin(output / "manifest.json", facts, forget)
    write_texts(arguments.whole, output)
    vectors, weights = learn_vectors(output), pretrain(output, arguments.epochs)
    variants = {
        "default": {"config": "configs/default.cfg"},
        "floret": {
            "config": "configs/vectors.cfg",
            "settings": {"paths.vectors": str(vectors)},
        },
        "pretrain": {
            "config": "configs/pretrain.cfg",
            "settings": {"paths.init_tok2vec": str(weights)},
        },
    }
    (output / "variants.json").write_text(json.dumps(variants, indent=2), encoding="utf-8")
    print(output / "variants.json")


if __name__ == "__main__":
    try:
        main()
    except CodedError as error:
        raise SystemExit(str(error)) from None
