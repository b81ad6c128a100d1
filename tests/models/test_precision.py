"""The floating-point type of predictions."""

import pytest
import torch

from spacy_lstm_ner.models.precision import check_precision, resolve_precision


@pytest.mark.parametrize(
    ("precision", "dtype"),
    [("auto", torch.float32), ("float32", torch.float32), ("bfloat16", torch.bfloat16)],
)
def test_on_a_cpu_only_what_is_asked_for_is_bfloat16(precision, dtype):
    assert resolve_precision(check_precision(precision), torch.device("cpu")) is dtype


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match=r"LN030.*precision.*float16"):
        check_precision("float16")
