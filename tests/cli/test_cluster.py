import ray

from spacy_lstm_ner.cli.cluster import connected


def test_without_an_address_there_is_a_cluster_for_a_while():
    with connected(None):
        assert ray.cluster_resources()["CPU"] >= 1
        with connected(None):  # the same one
            pass
        assert ray.is_initialized()
    assert not ray.is_initialized()
