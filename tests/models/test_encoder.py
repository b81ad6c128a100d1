"""The encoder layer in training."""

import numpy as np
from thinc.api import set_dropout_rate

from spacy_lstm_ner.models import encoder


def test_weights_of_the_state_are_dropped_only_where_there_is_dropout():
    model = encoder.build_lstm_encoder(
        cell="lstm",
        hidden_width=4,
        depth=1,
        bidirectional=True,
        skip=False,
        dropout=None,
        recurrent_dropout=0.9,
        clip_value=None,
        clip_norm=None,
    )
    vectors = [np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)]
    model.initialize(X=vectors)
    (expected,) = model.predict(vectors)
    (kept,), _ = model.begin_update(vectors)
    set_dropout_rate(model, 1e-9)
    (dropped,), _ = model.begin_update(vectors)
    np.testing.assert_allclose(kept, expected, atol=1e-6)
    assert not np.allclose(dropped, expected, atol=1e-3)
    np.testing.assert_allclose(model.predict(vectors)[0], expected, atol=1e-6)
