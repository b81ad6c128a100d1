"""Write the table of counts in corpus/README.md anew: python -m tests.update_corpus_counts"""

import spacy

from spacy_lstm_ner.training.inline import read_inline
from spacy_lstm_ner.training.labels import LabelMap
from spacy_lstm_ner.training.problems import Problems

from .conftest import ROOT
from .test_corpus import FILES, count_table

START, END = "<!-- COUNTS START -->\n", "\n<!-- COUNTS END -->"


def main() -> None:
    nlp, problems, documents = spacy.blank("en"), Problems(), []
    for path in FILES:
        documents += read_inline(path, nlp, LabelMap(), problems)
    problems.raise_any()
    readme = ROOT / "corpus" / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    readme.write_text(before + START + count_table(documents) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
