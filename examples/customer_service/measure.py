"""What a recall that is chosen on the development split hides of the test split.

python -m examples.customer_service.measure training/model-best
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from examples.customer_service.tickets import (
    PERSONAL,
    choose_least,
    exposures,
    load,
    personal,
)

UNSEEN = Path("corpus/test.spacy")
RECALLS = (0.7, 0.8, 0.9, 0.95)


def needless(nlp: Language, marked: Sequence[Doc], least: float) -> float:
    """The share of the words that are not personal, and are blacked out all the same."""
    hidden = words = 0
    for doc, truth in nlp.pipe(((doc.text, doc) for doc in marked), as_tuples=True):
        black = {i for start, end, *_ in personal(doc, least) for i in range(start, end)}
        for token in truth:
            if token.is_alpha and token.ent_type_ not in PERSONAL:
                words += 1
                hidden += token.idx in black
    return hidden / words


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    nlp = load(parser.parse_args().model)
    try:
        marked = list(DocBin().from_disk(UNSEEN).get_docs(nlp.vocab))
    except OSError as error:
        sys.exit(f"Cannot read the corpus: {error}. `make train` converts it.")
    exposed = exposures(nlp, marked)
    print("| recall chosen | least probability | recall | other words hidden |")
    print("|---|---|---|---|")
    for recall in RECALLS:
        least = choose_least(nlp, recall)
        reached = sum(probability >= least for probability in exposed) / len(exposed)
        other = needless(nlp, marked, least)
        print(f"| {recall} | {least:.3f} | {reached:.3f} | {other:.1%} |")


if __name__ == "__main__":
    main()
