"""Inputs of every format, mutated: whole documents come out, or a coded error and no file."""

import random
import re
from collections import Counter

import spacy
from spacy.tokens import DocBin

from spacy_lstm_ner.errors import CodedError
from spacy_lstm_ner.training.convert import convert

from ..training.util import NLP, gmb_bytes, load
from .budget import until_deadline

SEEDS = {
    "a.conll": b"# id = 1\nAnn\tNN\tB-PER\nran\tVB\tO\n\n#\tNN\tO\nYork\tNN\tB-GEO\n",
    "b.iob": b"New B-GEO\nYork I-GEO\n\n-DOCSTART- O\n\nOslo U-GEO\n",
    "c.md": b"## one train\n[Ann](PER) ran.\n\\[sic\\] [York](GEO)\n## two dev\nRain.\n",
    "d.txt": "Zoë saw [Curaçao](GEO) in [May](TIM).\nIt rained.\n".encode(),
    "e.csv": gmb_bytes(),
    "f.iob": b"Ann|B-PER ran|O\n\nNew|NN|B-GEO York|NN|I-GEO\n",
    "g.jsonl": '{"text": "Zoë ran.", "label": [[0, 3, "PER"]]}\n'.encode() * 2,
    "h.json": b'[{"text": "Ann ran", "entities": [{"start_offset": 0, "end_offset": 3, "label": '
    b'"PER"}]},\n{"text": "Rain", "entities": []}]',
    "i.jsonl": b'{"text": "Ann ran", "tokens": [{"text": "Ann"}, {"text": "ran"}], "answer": '
    b'"accept", "spans": [{"start": 0, "end": 3, "label": "PER"}]}\n{"text": "Rain", "answer": '
    b'"reject", "_view_id": "ner", "spans": [{"start": 0, "end": 4, "label": "GEO"}]}\n',
    "j.json": b'[{"data": {"text": "Ann ran"}, "annotations": [{"result": [{"type": "labels", '
    b'"to_name": "text", "value": {"start": 0, "end": 3, "text": "Ann", "labels": ["PER"]}}]}]}]',
    "k.ann": b"T1\tPER 0 3\tAnn\nR1\tknows Arg1:T1\nT2\tGEO 8 11;12 16\tNew York\n",
    "l.jsonl": b'{"tokens": ["Ann", "ran"], "ner_tags": ["B-PER", "O"]}\n' * 2,
    "m.spacy": DocBin(docs=[NLP.make_doc("Ann ran.")]).to_bytes(),
}
BESIDE = {"k.txt": "Ann saw New York."}  # what a file of brat annotates
SPICE = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\n", b"\n\n", b"\t", b" ", b'"', b'""'),
    *(
        b"{",
        b"}",
        b"null",
        b"-1",
        b"99",
        b"\\u0000",
        b"\\ud83d",
        b'"answer": "ignore"',
        b"|",
        b"T9\t",
    ),
    *(b"#", b"# ", b"## ", b"[", b"]", b"](GEO)", b"\\", b",", b"B-", b"I-GEO", b"-", b"O"),
    *("\u2028\u00a0\x85".encode(), b"\xed\xa0\x80", b"PK\x03\x04", b"x" * 300),
]


def mutate(data, rng):
    """Bytes with a few changes: inserted, cut, doubled, shuffled, replaced."""
    for _ in range(rng.randint(0, 3)):
        at, end = sorted(rng.randint(0, len(data)) for _ in range(2))
        lines = data.split(b"\n")
        rng.shuffle(lines)
        data = rng.choice(
            [
                data[:at] + rng.choice(SPICE) + data[at:],
                data[:at] + data[at + 4 :],
                data[:end] + data[at:],
                b"\n".join(lines),
                data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
            ]
        )
    return data


def lines_with_a_token(name, data):
    """How many lines are rows of a token at least, and at most, by a look at each line alone."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    if name.endswith(".csv"):
        return len(lines) - 1, len(lines) - 1
    rows = [line for line in lines if not line.startswith("-DOCSTART-")]
    sure = [line for line in rows if not re.match(r"#(\s|$)", line)]
    return len(sure), len(rows)


def test_documents_come_out_whole_or_a_coded_error_and_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(spacy, "blank", lambda lang, vocab: NLP)  # made once, for speed
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    outcomes = Counter()
    for number in until_deadline():
        rng = random.Random(number)
        name = rng.choice(list(SEEDS))
        source, output = tmp_path / name, tmp_path / f"out{number}"
        data = mutate(SEEDS[name], rng)
        source.write_bytes(data)
        try:
            written = convert(source, output, max_lost=1.0)
        except CodedError as error:
            outcomes[name, str(error).partition("]")[0]] += 1
            assert not output.exists()
            continue
        outcomes[name, "converted"] += 1
        docs = [doc for path in written for doc in load(path)]
        assert sum(map(len, docs)) == sum(summary.tokens for summary in written.values())
        assert not any("\0" in doc.text for doc in docs)
        if name in ("a.conll", "b.iob", "e.csv"):
            least, most = lines_with_a_token(name, data)
            assert least <= sum(map(len, docs)) <= most, data
        for path in output.iterdir():
            path.unlink()
        output.rmdir()
    print(sum(outcomes.values()), "inputs:", dict(outcomes.most_common()))
    assert any(kind == "converted" for _, kind in outcomes)
