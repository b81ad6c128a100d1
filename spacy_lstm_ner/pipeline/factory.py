"""The factory `lstm_ner` and its default settings.

spaCy imports this module for every pipeline in the environment, so it imports nothing heavy itself.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from thinc.api import Config, Model

if TYPE_CHECKING:
    from .lstm_ner import LSTMEntityRecognizer

default_model_config = """
[model]
@architectures = "spacy_lstm_ner.LSTMTagger.v2"
scheme = "biluo"
head = "crf"
precision = "auto"
learn_rate = 2.0

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy_lstm_ner.LexicalEmbed.v1"
word_width = 100
min_count = 2
max_words = 20000
word_dropout = 0.05
attrs = ["SHAPE"]
rows = [1000]
widths = [32]
char_width = 128
vector_width = null
char_window = 5
case_noise = null

[model.tok2vec.encode]
@architectures = "spacy_lstm_ner.LSTMEncoder.v1"
cell = "lstm"
hidden_width = 96
depth = 1
bidirectional = true
skip = false
dropout = 0.5
recurrent_dropout = 0.3
forget_bias = 1.0
clip_value = null
clip_norm = 1.0
"""
DEFAULT_LSTM_NER_MODEL = Config().from_str(default_model_config)["model"]


@Language.factory(
    "lstm_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_LSTM_NER_MODEL,
        "spans_key": None,
        "candidates_key": None,
        "incorrect_spans_key": None,
        "costs": None,
        "min_probability": 0.1,
        "threshold": 0.0,
        "mode": "balanced",
        "scorer": {"@scorers": "spacy_lstm_ner.ner_scorer.v1"},
    },
    default_score_weights={"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
)
def make_lstm_ner(
    nlp: Language,
    name: str,
    model: Model[Any, Any],
    spans_key: str | None,
    candidates_key: str | None,
    incorrect_spans_key: str | None,
    costs: dict[str, float] | None,
    min_probability: float,
    threshold: float,
    mode: float | str,
    scorer: Callable[..., Any] | None,
) -> "LSTMEntityRecognizer":
    """Make the component.

    nlp (Language): The pipeline.
    name (str): Name of the component in it.
    model (Model[List[Doc], List[Floats2d]]): Scores tags, as `spacy_lstm_ner.LSTMTagger.v2` does.
    spans_key, candidates_key, incorrect_spans_key, costs, min_probability, threshold, mode: See
        `LSTMEntityRecognizer`.
    scorer (Optional[Callable]): Scores predictions.
    RETURNS (LSTMEntityRecognizer): The component.
    """
    from .confidence import check_pipeline, register_probability
    from .lstm_ner import LSTMEntityRecognizer

    register_probability()
    check_pipeline(nlp, (spans_key, candidates_key), name=name)
    return LSTMEntityRecognizer(
        nlp.vocab,
        model,
        name,
        spans_key=spans_key,
        candidates_key=candidates_key,
        incorrect_spans_key=incorrect_spans_key,
        costs=costs,
        min_probability=min_probability,
        threshold=threshold,
        mode=mode,
        scorer=scorer,
    )
