"""The tagger: any tok2vec, and on it the scores of a lattice of tags."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import torch
from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from thinc.api import Model, chain
from thinc.layers.chain import forward as forward_chain
from thinc.layers.chain import init as init_chain
from thinc.types import Floats2d
from torch import Tensor

from ..errors import CodedError, Errors
from ..nn.crf.moves import is_inner
from ..nn.crf.scorer import TagScorer
from ..settings import check_range
from ..tags import SCHEMES
from .precision import Precision, check_precision
from .scores import Scores
from .shim import ModuleShim, get_shim, module_shims, own_shim
from .util import gradient_of, neutral_layer
from .vectors import DocBatch, TokenVectors, in_form_of, speaks_token_vectors

HEADS = ("crf", "softmax")
# With more tags, those of fifty labels in "biluo", no move between entities has a score of its own:
# a table of all moves takes more time than the rest of the model.
MAX_FULL_TAGS = 201


TaggerT: TypeAlias = Model[list[Doc], Scores]


def build_lstm_tagger(
    tok2vec: Model[list[Doc], Sequence[Floats2d]],
    *,
    scheme: str,
    head: str,
    precision: str,
    nO: int | None = None,
) -> TaggerT:
    """Score the tags of entities on top of any token-to-vector layer.

    tok2vec (Model[List[Doc], List[Floats2d]]): The layer that gives vectors in context.
    scheme (str): Tags inside the model: "biluo" or "bio".
    head (str): "crf" learns which tag follows which; "softmax" takes every token by itself in
        training (log-softmax) and still predicts legal sequences only.
    precision (str): Numbers to predict in: "auto", "float32" or "bfloat16".
    nO (Optional[int]): Number of tags, if known.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model.
    """
    if scheme not in SCHEMES:
        raise CodedError(Errors.E030.format(name="scheme", value=scheme, options=tuple(SCHEMES)))
    if head not in HEADS:
        raise CodedError(Errors.E030.format(name="head", value=head, options=HEADS))
    output_layer = build_output_layer(head, nO)
    model = _chain_batches(tok2vec, output_layer)
    predict_in(model, check_precision(precision))
    model.attrs["scheme"] = scheme
    model.attrs["head"] = head
    model.attrs["resize_output"] = resize_output
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", output_layer)
    return model


def build_averaging_lstm_tagger(
    tok2vec: Model[list[Doc], Sequence[Floats2d]],
    *,
    scheme: str,
    head: str,
    precision: str,
    learn_rate: float,
    nO: int | None = None,
) -> TaggerT:
    """Score tags as `build_lstm_tagger` does, with a learning rate and moving averages of its own.

    It learns well with whatever optimizer [training] has, and predicts by averages of its weights.
    Both hold for every layer of this package below it that is in the same component.

    tok2vec, scheme, head, precision, nO: See `build_lstm_tagger`.
    learn_rate (float): How long a step of training is, as a multiple of the optimizer's. `RAdam.v1`
        does not know of it.
    RETURNS (Model[List[Doc], List[Floats2d]]): The model.
    """
    check_range(0, math.inf, learn_rate=learn_rate)
    model = build_lstm_tagger(tok2vec, scheme=scheme, head=head, precision=precision, nO=nO)
    model._func = partial(forward_averaging, learn_rate=learn_rate)
    return model


def _chain_batches(
    tok2vec: Model[list[Doc], Sequence[Floats2d]], output_layer: Model[Sequence[Floats2d], Scores]
) -> TaggerT:
    """Chain layers as thinc does; those that can pass a batch on as one tensor are asked to."""
    plain: TaggerT = chain(tok2vec, output_layer)
    dims = {name: plain.maybe_get_dim(name) for name in plain.dim_names}
    return Model(plain.name, forward_batch, init=init_chain, dims=dims, layers=plain.layers)


def forward_batch(
    model: TaggerT, docs: list[Doc], is_train: bool
) -> tuple[Scores, Callable[[Scores], list[Doc]]]:
    """Run the layers, asking for one tensor per batch if all of them know that form."""
    in_one = speaks_token_vectors(model)
    return forward_chain(model, DocBatch(docs) if in_one else docs, is_train)


def forward_averaging(
    model: TaggerT, docs: list[Doc], is_train: bool, *, learn_rate: float
) -> tuple[Scores, Callable[[Scores], list[Doc]]]:
    """Run the layers. In training, all of them learn at this rate and keep averages."""
    if is_train:  # each time, since layers come and go: `replace_listeners`
        for shim in module_shims(model):
            shim.learn_rate, shim.keeps_average = learn_rate, True
    return forward_batch(model, docs, is_train)


def predict_in(model: Model[Any, Any], precision: Precision) -> None:
    """Predict in other numbers from now on; training stays as it is.

    model (Model): A model with layers of this package.
    precision (Precision): "auto", "float32" or "bfloat16", see `resolve_precision`.
    """
    for shim in module_shims(model):
        shim.precision = precision


def is_tagger(model: Model[Any, Any]) -> bool:
    """Whether a model is one that `build_lstm_tagger` made."""
    return {"scheme", "head"} <= set(model.attrs)


def is_initialized(model: TaggerT) -> bool:
    """Whether the model has weights."""
    return own_shim(model.get_ref("output_layer")).module is not None


def listens(model: TaggerT) -> bool:
    """Whether the vectors come from another component, which waits for their gradients."""
    return any(hasattr(node, "upstream_name") for node in model.walk())


def misses_vectors(model: TaggerT, doc: Doc) -> bool:
    """Whether a document lacks the vectors that spaCy's `tok2vec` is to have left on it.

    spaCy takes zeros for them, so that a pipeline without that component can run.
    """
    listening = any(isinstance(node, Tok2VecListener) for node in model.walk())
    return listening and len(doc) > 0 and doc.tensor.size == 0


def set_tags(model: TaggerT, n_tags: int) -> None:
    """Set the number of tags of a model that is then initialized.

    model (Model): The tagger.
    n_tags (int): The number of tags, whatever it was before.
    """
    for node in (model, model.get_ref("output_layer")):
        node.set_dim("nO", n_tags, force=True)


def build_output_layer(head: str, nO: int | None) -> Model[Sequence[Floats2d], Scores]:
    """Make the layer from vectors to scores."""
    return Model(
        "tag_scorer",
        forward,
        init=init,
        dims={"nI": None, "nO": nO},
        attrs={"head": head},
        shims=[ModuleShim(TagScorer)],
    )


def init(
    model: Model[Sequence[Floats2d], Scores],
    X: Sequence[Floats2d] | None = None,
    Y: Sequence[Floats2d] | None = None,
) -> None:
    """Build the module, now that the widths are known."""
    if X is not None and len(X):
        model.set_dim("nI", X[0].shape[1], force=True)
    _build(model, inner=model.get_dim("nO") > MAX_FULL_TAGS)


def _build(model: Model[Sequence[Floats2d], Scores], *, inner: bool, larger: bool = False) -> None:
    settings: dict[str, Any] = {
        "n_in": model.get_dim("nI"),
        "n_tags": model.get_dim("nO"),
        "crf": model.attrs["head"] == "crf",
    }
    if inner:  # left out where it is not so, which is how a layer of a few labels was always saved
        settings["inner"] = True
    if larger:
        own_shim(model).grow(TagScorer.grow_from, **settings)
    else:
        own_shim(model).build(**settings)


def resize_output(model: TaggerT, nO: int) -> TaggerT:
    """Add tags. What the model predicts does not change before it is trained further.

    model (Model): The tagger.
    nO (int): The new number of tags.
    RETURNS (Model): The tagger.
    """
    output_layer = model.get_ref("output_layer")
    smaller = own_shim(output_layer).module
    output_layer.set_dim("nO", nO, force=True)
    if model.has_dim("nO") is not False:
        model.set_dim("nO", nO, force=True)
    if smaller is not None:
        # Moves that were learned keep their form, so that nothing predicted changes.
        learned = smaller.has_learned_moves
        inner = is_inner(smaller.transitions) if learned else nO > MAX_FULL_TAGS
        _build(output_layer, inner=inner, larger=True)
    return model


@neutral_layer
def forward(
    model: Model[Sequence[Floats2d], Scores], inputs: Sequence[Floats2d], is_train: bool
) -> tuple[Scores, Callable[[Sequence[Floats2d]], Sequence[Floats2d]]]:
    """Score the tags of every token."""
    shim = get_shim(model)
    # Asked for once: another thread may put a larger one in its place.
    scorer: TagScorer = shim.module if is_train else shim.predictor
    vectors = TokenVectors.of(inputs, shim.device)
    states: Tensor = vectors.tokens().detach()
    if not len(states):
        states = states.new_zeros(0, model.get_dim("nI"))
    states.requires_grad_(is_train)
    with torch.set_grad_enabled(is_train):
        emissions = scorer(states)
    transitions = scorer.transitions

    def backprop(d_scores: Sequence[Floats2d]) -> Sequence[Floats2d]:
        outputs, gradients = [emissions], [_emissions_of(d_scores, emissions)]
        if isinstance(d_scores, Scores) and transitions.requires_grad:
            outputs.append(transitions)
            gradients.append(d_scores.transitions)
        shim.backward(outputs, gradients)
        return in_form_of(inputs, TokenVectors(gradient_of(states), vectors.lengths))

    return Scores(emissions.detach(), vectors.lengths, transitions.detach()), backprop


def _emissions_of(d_scores: Sequence[Floats2d], emissions: Tensor) -> Tensor:
    """The gradient of the emissions, which may come as one array per document."""
    if isinstance(d_scores, Scores):
        return d_scores.emissions.view_as(emissions)
    return TokenVectors.of(d_scores, emissions.device).tokens().view_as(emissions)
