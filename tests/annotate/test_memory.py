import pyarrow as pa

from spacy_lstm_ner.annotate import arrow, memory


def test_beyond_many_words_what_is_learned_of_a_batch_is_forgotten(finder, monkeypatch):
    monkeypatch.setattr(memory, "MOST_WORDS", len(finder.vocab) + 20)
    words = []
    for i in range(5):
        texts = [f"word{i}{j} Ada" for j in range(15)]
        found = arrow(finder, pa.RecordBatch.from_pydict({"text": texts}))
        assert all(row["ents"] for row in found.to_pylist())
        words.append(len(finder.vocab.strings))
    assert words[1] > words[0]  # there was room
    assert words[2:] == [words[1]] * 3
