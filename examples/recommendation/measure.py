"""Whether documents are related for a true reason, with the corpus's own marks as the truth.

python -m examples.recommendation.measure training/model-best

Looks at the documents that the pipeline was not trained on. A reason is true if both documents have
the entity marked; of each recommendation, the reason that weighs most is looked at.
"""

import argparse
import sys
from pathlib import Path

from examples.recommendation.recommend import DATES, Library, Mention, build, load, read

UNSEEN = [Path("corpus/dev.spacy"), Path("corpus/test.spacy")]


def without_doubt(library: Library) -> Library:
    """The same documents with every entity as sure as the next."""
    plain = Library()
    for title, sure in library.sure.items():
        mentions = (Mention(entity.name, entity.label, 1.0) for entity in sure)
        plain.add(title, library.texts[title], mentions)
    return plain


def judge(library: Library, truth: Library, limit: int) -> tuple[int, int]:
    """How many of the best recommendations of every document there are, and are truly related."""
    made = right = 0
    for title in library.texts:
        for found in library.relate(title, limit):
            entity = next(iter(found.shared))
            made += 1
            right += entity in truth.sure[title] and entity in truth.sure[found.title]
    return made, right


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", help="pipeline, such as training/model-best")
    nlp, truth = load(parser.parse_args().model), Library()
    try:
        predicted = build(nlp, UNSEEN)
        for doc, title in read(nlp, UNSEEN):
            ents = [ent for ent in doc.ents if ent.label_ != DATES]
            mentions = (Mention(ent.text, ent.label_, 1.0) for ent in ents)
            truth.add(title, doc.text, mentions)
    except OSError as error:
        sys.exit(f"Cannot read the corpus: {error}. `make train` converts it.")
    print("| weighted by | of each document | recommended | for a true reason |\n|---|---|---|---|")
    ways = {"rarity": without_doubt(predicted), "rarity and probability": predicted}
    for limit in (1, 3):
        for name, library in ways.items():
            made, right = judge(library, truth, limit)
            print(f"| {name} | the best {limit} | {made} | {right / made:.1%} |")


if __name__ == "__main__":
    main()
