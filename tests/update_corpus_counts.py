"""Write the generated parts of corpus/README.md anew: python -m tests.update_corpus_counts"""

import spacy

from spacy_lstm_ner.training.converters.inline import Inline
from spacy_lstm_ner.training.converters.labels import LabelMap
from spacy_lstm_ner.training.converters.problems import Problems

from .conftest import ROOT
from .test_corpus import FILES, ambiguity_list, count_table

PARTS = {"COUNTS": count_table, "AMBIGUOUS": ambiguity_list}


def main() -> None:
    nlp, problems, reader = spacy.blank("en"), Problems(), Inline()
    documents = []
    for path in FILES:
        documents += reader.read(path, nlp, LabelMap(), problems)
    problems.raise_any()
    readme = ROOT / "corpus" / "README.md"
    text = readme.read_text(encoding="utf-8")
    for name, write in PARTS.items():
        before, start, rest = text.partition(f"<!-- {name} START -->\n")
        _, end, after = rest.partition(f"\n<!-- {name} END -->")
        if not end:
            raise SystemExit(f"{readme} has lost its markers of {name}")
        text = before + start + write(documents) + end + after
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
