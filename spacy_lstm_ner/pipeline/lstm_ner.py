"""The component `lstm_ner`."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import srsly
import torch
from spacy import util
from spacy.errors import Errors as SpacyErrors
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from thinc.types import Ints2d

from ..errors import CodedError, Errors
from ..locks import make_lock
from ..models.embed import count_words
from ..models.precision import check_precision
from ..models.scores import Scores
from ..models.shim import module_shims
from ..models.tagger import (
    is_initialized,
    is_tagger,
    listens,
    misses_vectors,
    predict_in,
    set_tags,
)
from ..models.util import without_dropout
from ..parallel.batches import share_of_batch
from ..settings import check_range
from ..tags import TagScheme, are_labels
from ..training.calibration import UNCORRECTED, Calibration
from ..training.partly import all_annotated_labels
from ..training.weights import weights_of
from .annotation import (
    ENTITY_ATTRS,
    Annotation,
    given_annotation,
    labels_of,
    read_annotation,
    reference_labels,
)
from .batching import by_tokens, most_tokens, score
from .confidence import check_keys, check_pipeline, set_group, set_probabilities
from .costs import margin
from .decision import NO_SPANS
from .decoding import Prediction, decode
from .distribution import Distribution
from .evidence import (
    Evidence,
    check_annotated_labels,
    document_evidence,
    reference_evidence,
)
from .incorrect import Incorrect, loss_of_incorrect, read_incorrect
from .objective import cross_entropy, divergence, in_parts, negative_log_likelihood
from .overview import Overview
from .policy import SETTINGS, Policy, check_settings
from .possibilities import Possibilities
from .saving import all_or_nothing, load_model, read_cfg, read_parts, write_cfg, write_files
from .teaching import Teacher, part_labelled
from .unlikeness import unlikeness

# Held while labels and the tags of the model are out of step.
_ADDING_LABELS = make_lock()


class LSTMEntityRecognizer(TrainablePipe):
    """Recognizes named entities with an LSTM tagger.

    Entities that earlier components set are kept, and blocked tokens are left out; every other
    token is annotated, as inside or outside of an entity. Whitespace never starts or ends one.

    vocab (Vocab): The pipeline's vocabulary.
    model (Model[List[Doc], List[Floats2d]]): Scores tags, as `spacy_lstm_ner.LSTMTagger.v2` does.
    name (str): Name of the component, and its key in the losses.
    spans_key (Optional[str]): Where in `doc.spans` the entities go with their probabilities; None
        for nowhere.
    candidates_key (Optional[str]): Where in `doc.spans` all spans go that are likely enough,
        overlapping ones too; None for nowhere.
    min_probability (float): The least probability of these, from 0.001 to 1.
    incorrect_spans_key (Optional[str]): Where in the `spans` of references those are that are no
        entities of their label, such as rejected suggestions; None for nowhere.
    costs (Optional[Mapping[str, float]]): What it costs in training to take a token for something
        else, by its label, or "O" for tokens outside, see `costs.py`; 0 for those not given.
    threshold (float): Entities that are less probable are dropped. From 0 to 1.
    mode (Union[str, float]): "balanced" finds the most probable reading of a document. A number is
        the probability, from 0 to 1, above which it pays to predict an entity (one of less than
        0.001 is never predicted); "precision" and "recall" take the one that `calibrate` found.
    scorer (Optional[Callable]): Scores predictions.
    RAISES (ValueError): The model is another component's, or a setting has a value that it cannot
        have.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[list[Doc], Scores],
        name: str = "lstm_ner",
        *,
        spans_key: str | None = None,
        candidates_key: str | None = None,
        incorrect_spans_key: str | None = None,
        costs: Mapping[str, float] | None = None,
        min_probability: float = SETTINGS["min_probability"],
        threshold: float = SETTINGS["threshold"],
        mode: float | str = SETTINGS["mode"],
        scorer: Callable[..., dict[str, Any]] | None = None,
    ) -> None:
        if not is_tagger(model):
            raise CodedError(Errors.E036.format(name=name, model=model.name))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        # What of it is a setting can be changed any time, as `spacy find-threshold` does.
        self.cfg: dict[str, Any] = {
            "labels": [],
            "spans_key": spans_key,
            "candidates_key": candidates_key,
            "incorrect_spans_key": incorrect_spans_key,
            "costs": dict(costs or {}),
            "min_probability": min_probability,
            "threshold": threshold,
            "mode": mode,
        }
        self.calibration = UNCORRECTED
        check_settings(self.cfg, name=name)
        check_range(
            0, math.inf, **{f"costs.{label}": cost for label, cost in (costs or {}).items()}
        )
        # Labels met on entities of other components, for the model to get when it is next trained.
        self._pending: set[str] = set()
        # The model as it was when training was resumed; Language.resume_training sets it.
        self._rehearsal_model: Model[list[Doc], Scores] | None = None
        # Whom it learns from; `teaching.learn_from` sets them for a while.
        self.teachers: Sequence[Teacher] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The entity labels, sorted: those of the model, and those met on entities set before."""
        return tuple(sorted({*self.cfg["labels"], *self._pending}))

    @property
    def label_data(self) -> list[str]:
        """The entity labels in the model's order; enough to initialize an equal component."""
        return list(self.cfg["labels"])

    @property
    def scheme(self) -> TagScheme:
        """The model's tags."""
        labels, scheme = tuple(self.cfg["labels"]), self.model.attrs["scheme"]
        cached: TagScheme | None = self.__dict__.get("_scheme")
        if cached is None or (cached.labels, cached.scheme) != (labels, scheme):
            cached = TagScheme(labels, scheme=scheme)
            self._scheme = cached
        return cached

    def add_label(self, label: str) -> int:
        """Add a label. Predictions stay the same until the component is trained further.

        label (str): The label.
        RETURNS (int): 1 if it was added, 0 if it was there.
        """
        if not isinstance(label, str):
            raise ValueError(SpacyErrors.E187)
        if not label:
            raise CodedError(Errors.E033.format(name=self.name, labels=[label]))
        return self._add_labels([label])

    def _add_labels(self, labels: Iterable[str]) -> int:
        """Add labels to the component, then tags to its model; the number of new ones."""
        with _ADDING_LABELS:
            new = [label for label in dict.fromkeys(labels) if label not in self.cfg["labels"]]
            if not new:
                return 0
            _add_strings(self.vocab, new)
            self.cfg["labels"] = [*self.cfg["labels"], *new]
            self._pending.difference_update(new)
            for model in (self.model, self._rehearsal_model):
                if model is not None and is_initialized(model):
                    model.attrs["resize_output"](model, len(self.scheme))
        return len(new)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Language | None = None,
        labels: Sequence[str] | None = None,
    ) -> None:
        """Find the labels and the sizes in training data, and start the weights anew.

        get_examples (Callable[[], Iterable[Example]]): Gives the training data.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[Sequence[str]]): The labels, as `label_data` or `spacy init labels` gives
            them; found in the training data if not given.
        """
        validate_get_examples(get_examples, "LSTMEntityRecognizer.initialize")
        if nlp is not None:
            keys = self.cfg["spans_key"], self.cfg["candidates_key"]
            check_pipeline(nlp, keys, name=self.name, ours=self)
        util.check_lexeme_norms(self.vocab, self.name)
        if labels is not None and not are_labels(labels):
            raise CodedError(Errors.E033.format(name=self.name, labels=labels))
        sample = [eg.predicted for eg in islice(get_examples(), 10)]
        if not sample:
            raise ValueError(SpacyErrors.E923.format(name=self.name))
        overview = Overview(self.cfg["incorrect_spans_key"])
        overview.read(eg.reference for eg in get_examples())
        if labels is None:
            labels = sorted({*overview.labels, *self.labels})
        if not _is_made_up(sample):
            paths = nlp.config.get("paths", {}) if nlp is not None else {}
            corpus = paths.get("train")
            for doubt in overview.doubts(name=self.name, labels=labels, corpus=corpus):
                warnings.warn(doubt, UserWarning, stacklevel=2)
        _add_strings(self.vocab, labels)
        self.cfg["labels"] = list(labels)
        self._pending = set()
        count_words(self.model, (eg.reference for eg in get_examples()))
        set_tags(self.model, len(self.scheme))
        self.model.initialize(X=sample)
        self.calibration = UNCORRECTED
        self.forget()  # the words of the sample

    def predict_in(self, precision: str) -> None:
        """Predict in other numbers from now on; training stays as it is.

        precision (str): "auto", "float32" or "bfloat16", as the setting of the model.
        RAISES (ValueError): It is none of them.
        """
        predict_in(self.model, check_precision(precision))

    def forget(self) -> None:
        """Forget the words seen so far, which frees their memory. Predictions stay the same."""
        for shim in module_shims(self.model):
            shim.forget()

    def predict(self, docs: Iterable[Doc], *, with_lattice: bool = False) -> list[Prediction]:
        """Find entities, without changing the documents or the model.

        Labels that are first met on entities of earlier components are among `labels` from then on;
        the model gets them when it is next trained.

        docs (Iterable[Doc]): The documents.
        with_lattice (bool): Whether to keep all tag sequences and their probabilities.
        RETURNS (List[Prediction]): What was found in each document; what was set before is kept.
        RAISES (ValueError): The component is not initialized, or its scores are not finite.
        """
        self.require_initialized()
        docs, policy = list(docs), self.policy
        found: list[Prediction] = []
        max_tokens = most_tokens(self.scheme)
        # Documents without tokens are taken out here.
        for batch in by_tokens(filter(len, docs), max_tokens=max_tokens):
            possible = self.look(batch)
            unknown = set(labels_of(possible.annotation, batch)).difference(self.cfg["labels"])
            self._pending.update(unknown)
            found += decode(possible, policy=policy, with_lattice=with_lattice)
        if len(found) == len(docs):
            return found
        of_document = iter(found)
        return [next(of_document) if len(doc) else _NOTHING for doc in docs]

    def ask(self, doc: Doc, *, given: Iterable[Span] = ()) -> Distribution:
        """Find everything that may be in a document, with probabilities.

        The document is not changed. Its entities do not count, whoever set them, since those that
        the component itself predicted would be taken for known; blocked tokens and sentence starts
        do.

        doc (Doc): The document.
        given (Iterable[Span]): Entities of it that are known, as of components before this one.
        RETURNS (Distribution): Answers questions about it.
        RAISES (ValueError): The component is not initialized, the document lacks the vectors of a
            component before it, or given entities overlap.
        """
        self.require_initialized()
        if misses_vectors(self.model, doc):
            raise CodedError(Errors.E149.format(name=self.name))
        given = list(given)
        possible = self._possible([doc], given_annotation(doc, given))
        return Distribution(doc, possible, given, self._unlikeness_of)

    def unlikeness(self, docs: Iterable[Doc]) -> list[float]:
        """How unlike the text that the component was trained on documents are.

        It is the share of the tokens that are words which the model does not know, whitespace
        aside. In text like the training text a few percent are unknown; where it is several times
        as many, expect more errors, and probabilities that promise too much. A short document can
        be far from that by chance, so take the mean of many if there are.

        docs (Iterable[Doc]): The documents. They are not changed, and need not be predicted.
        RETURNS (List[float]): One for each document, from 0, all words are known, to 1, none is.
        RAISES (ValueError): The component is not initialized, or its model has no vocabulary of its
            own, as where it listens to another component or a transformer.
        """
        self.require_initialized()
        return list(unlikeness(self.model, docs, name=self.name))

    def _unlikeness_of(self, doc: Doc) -> float:
        (found,) = self.unlikeness([doc])
        return found

    @property
    def policy(self) -> Policy:
        """Which spans become entities, and what is told of them, as the settings say."""
        return Policy.read(self.cfg, self.calibration.points, name=self.name)

    def look(self, docs: list[Doc]) -> Possibilities:
        """Find what is possible in some documents, each with at least one token.

        docs (List[Doc]): The documents, as many as can be scored at once. They are not changed.
        """
        return self._possible(docs, read_annotation(docs))

    def _possible(self, docs: list[Doc], annotation: Annotation) -> Possibilities:
        scores = score(self.model, docs)
        scheme = self._scheme_of(scores)
        return Possibilities.of(scores, annotation, scheme, calibration=self.calibration)

    def _scheme_of(self, scores: Scores) -> TagScheme:
        """The tags of scores, to which another thread may have added some meanwhile."""
        scheme, n_tags = self.scheme, scores.emissions.shape[1]
        if len(scheme) == n_tags:
            return scheme
        labels = scheme.labels[: (n_tags - 1) // len(scheme.prefixes)]
        return TagScheme(labels, scheme=scheme.scheme)

    def set_annotations(self, docs: Iterable[Doc], predictions: list[Prediction]) -> None:
        """Set entities on documents.

        docs (Iterable[Doc]): The documents.
        predictions (List[Prediction]): What `predict` returned for them.
        """
        attrs = list(ENTITY_ATTRS)
        docs, name = list(docs), self.name
        spans_key, candidates_key = self.cfg["spans_key"], self.cfg["candidates_key"]
        check_keys(docs, (spans_key, candidates_key), name=name)
        for doc, prediction in zip(docs, predictions, strict=True):
            if doc.vocab is not self.vocab:
                _add_strings(doc.vocab, self.cfg["labels"])
            doc.from_array(attrs, cast(Ints2d, prediction.entities))
            if spans_key is not None and prediction.scored is not None:
                entities = set_group(doc, spans_key, prediction.scored, name=name)
                set_probabilities(doc, entities, prediction.scored)
            if candidates_key is not None and prediction.candidates is not None:
                set_group(doc, candidates_key, prediction.candidates, name=name)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | Literal[False] | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from a batch of examples. Labels seen for the first time are added.

        examples (Iterable[Example]): The examples.
        drop (float): The dropout rate.
        sgd (Optional[Optimizer]): Changes the weights, if given; else gradients add up.
        losses (Optional[Dict[str, float]]): The losses so far, by component.
        RETURNS (Dict[str, float]): The losses, this one added.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = _list_examples(examples, "LSTMEntityRecognizer.update")
        self.require_initialized()
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        self._add_labels([*sorted(self._pending), *self._labels_to_learn(examples)])
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(docs)
        loss, gradient = self.get_loss(examples, scores)
        losses[self.name] += loss
        if not gradient.emissions.any() and not listens(self.model):
            # Nothing was annotated: the weights stay, without the optimizer's decay either. But a
            # shared tok2vec learns from all its listeners when the last of them goes back.
            return losses
        backprop(gradient)
        self.calibration = UNCORRECTED  # what was fitted was so for the weights before
        if sgd:
            self.finish_update(sgd)
        return losses

    def _labels_to_learn(self, examples: Sequence[Example]) -> list[str]:
        found = reference_labels(examples)
        if self._rehearsal_model is None:
            return found
        # No initialization has seen the text that training was resumed with, so what it is
        # annotated for may be a label that comes later.
        return sorted({*found, *all_annotated_labels(eg.reference for eg in examples)})

    def get_loss(self, examples: Iterable[Example], scores: Scores) -> tuple[float, Scores]:
        """Negative log-likelihood of the annotation; where teachers labelled, divergence from them.

        A document that has a weight counts as much as that says, see `training.weights`.

        examples (Iterable[Example]): The examples.
        scores (Scores): What the model gave for them.
        RETURNS (Tuple[float, Scores]): The loss summed over documents, and the gradient of its
            mean.
        RAISES (ValueError): The loss is not a number.
        """
        examples = _list_examples(examples, "LSTMEntityRecognizer.get_loss")
        if not self.teachers:
            return self._finish_loss(*self._annotation_loss(examples, scores))
        labelled, annotated = part_labelled(examples)
        taught, rest = ([examples[i] for i in part] for part in (labelled, annotated))
        docs = [eg.predicted for eg in taught]
        weights = _weights(taught, scores)
        parts = (
            (labelled, lambda scores: self._teaching_loss(docs, scores, self.teachers, weights)),
            (annotated, lambda scores: self._annotation_loss(rest, scores)),
        )
        return self._finish_loss(*in_parts(scores, parts))

    def _annotation_loss(
        self, examples: list[Example], scores: Scores
    ) -> tuple[torch.Tensor, Scores]:
        check_annotated_labels(examples, self.scheme)
        gold = reference_evidence(examples, self.scheme)
        incorrect = self._incorrect_spans(examples)
        if not gold.known.any() and gold.missed is None and not incorrect:
            return scores.emissions.new_zeros(len(examples)), scores.zeros_like()

        @cache  # a softmax of each token asks for it where spans are wrong alone
        def possible() -> Evidence:
            annotation = read_annotation([eg.predicted for eg in examples])
            return document_evidence(annotation, self.scheme, annotated=gold)

        weights = _weights(examples, scores)
        raised = margin(gold, self.cfg["costs"], name=self.name)
        if self.model.attrs["head"] == "softmax":
            losses, gradient = cross_entropy(scores, gold, weights, raised)
        else:
            losses, gradient = negative_log_likelihood(scores, gold, possible(), weights, raised)
        if incorrect:
            of_spans, slopes = loss_of_incorrect(scores, incorrect, gold & possible(), weights)
            gradient.add_(slopes)
            losses = losses + of_spans.sum() / len(losses)
        return losses, gradient

    def _incorrect_spans(self, examples: list[Example]) -> list[Incorrect]:
        key = self.cfg["incorrect_spans_key"]
        return [] if key is None else read_incorrect(examples, key, self.scheme)

    def _teaching_loss(
        self,
        docs: list[Doc],
        scores: Scores,
        teachers: Iterable[Teacher],
        weights: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, Scores]:
        possible = document_evidence(read_annotation(docs), self.scheme)
        return divergence(scores, [teach(docs) for teach in teachers], possible, weights)

    def rehearse(
        self,
        examples: Iterable[Example],
        *,
        sgd: Optimizer | Literal[False] | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn to predict what the model predicted when its training was resumed.

        examples (Iterable[Example]): Examples; only their predicted documents are read.
        sgd (Optional[Optimizer]): Changes the weights, if given.
        losses (Optional[Dict[str, float]]): The losses so far, by component.
        RETURNS (Dict[str, float]): The losses, this one added.
        """
        losses = {} if losses is None else losses
        examples = _list_examples(examples, "LSTMEntityRecognizer.rehearse")
        docs = [eg.predicted for eg in examples]
        if self._rehearsal_model is None or not any(len(doc) for doc in docs):
            return losses
        losses.setdefault(self.name, 0.0)
        with without_dropout(self.model):
            scores, backprop = self.model.begin_update(docs)
        teachers = [self._rehearsal_model.predict]
        loss, gradient = self._finish_loss(*self._teaching_loss(docs, scores, teachers))
        backprop(gradient)
        self.calibration = UNCORRECTED
        if sgd:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def _finish_loss(self, losses: torch.Tensor, gradient: Scores) -> tuple[float, Scores]:
        """Sum losses, and scale the gradient of their sum to that of their mean.

        Where several processes train together, that is the mean over the documents of all.
        """
        loss = float(losses.double().sum())
        if not np.isfinite(loss):
            raise ValueError(SpacyErrors.E910.format(name=self.name))
        gradient.scale_(share_of_batch() / max(1, len(losses)))
        return loss, gradient

    def require_initialized(self) -> None:
        """Check that there are weights, and that they are those of the labels.

        RAISES (ValueError): There are none, or they are not.
        """
        if not is_initialized(self.model):
            raise ValueError(SpacyErrors.E109.format(name=self.name))
        if self._count_tags() != len(self.scheme):
            with _ADDING_LABELS:  # another thread was between the labels and their tags
                found, expected = self._count_tags(), len(self.scheme)
            if found != expected:
                message = Errors.E023.format(name=self.name, found=found, expected=expected)
                raise CodedError(message)

    def _count_tags(self) -> int:
        return self.model.get_ref("output_layer").get_dim("nO")

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Write the component as bytes, see `docs/format.md`.

        exclude (Iterable[str]): Names of parts to leave out: "cfg", "vocab" or "model".
        RETURNS (bytes): The component.
        """
        exclude = tuple(exclude)
        parts = self._save_parts(exclude)
        if "vocab" not in exclude:
            parts["vocab"] = self.vocab.to_bytes(exclude=exclude)
        return srsly.msgpack_dumps(parts)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the component into a directory, see `docs/format.md`.

        path (Union[str, Path]): The directory; it is made if it is not there.
        exclude (Iterable[str]): Names of parts to leave out: "cfg", "vocab" or "model".
        """
        path, exclude = Path(path), tuple(exclude)
        path.mkdir(exist_ok=True)
        write_files(path, self._save_parts(exclude))
        if "vocab" not in exclude:
            self.vocab.to_disk(path / "vocab", exclude=exclude)

    def _save_parts(self, exclude: Sequence[str]) -> dict[str, bytes]:
        """Write the parts that are the component's own."""
        model = None if "model" in exclude else self.model.to_bytes()
        cfg = write_cfg(self.cfg["labels"], model, self.calibration)
        parts = {"cfg": cfg, "model": model}
        return {name: part for name, part in parts.items() if part and name not in exclude}

    def from_bytes(
        self, bytes_data: bytes, *, exclude: Iterable[str] = ()
    ) -> "LSTMEntityRecognizer":
        """Load the component from bytes.

        bytes_data (bytes): What `to_bytes` wrote.
        exclude (Iterable[str]): Names of parts to leave out.
        RETURNS (LSTMEntityRecognizer): The component.
        RAISES (ValueError): The bytes are damaged or do not fit. The component stays what it was.
        """
        exclude = tuple(exclude)
        with all_or_nothing(self.name, self.model):
            parts = read_parts(bytes_data, exclude)
            if "vocab" in parts:  # on trial, since a vocabulary that fails stays half loaded
                Vocab().from_bytes(parts["vocab"], exclude=exclude)
            saved = self._load_parts(parts, exclude)
            if "vocab" in parts:
                self.vocab.from_bytes(parts["vocab"], exclude=exclude)
        return self._finish_load(*saved)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "LSTMEntityRecognizer":
        """Load the component from a directory.

        path (Union[str, Path]): The directory that `to_disk` wrote.
        exclude (Iterable[str]): Names of parts to leave out.
        RETURNS (LSTMEntityRecognizer): The component.
        RAISES (ValueError): A file is damaged or does not fit. The component stays what it was.
        """
        path, exclude = Path(path), tuple(exclude)
        parts: dict[str, bytes] = {}
        with all_or_nothing(self.name, self.model):
            if "cfg" not in exclude and (path / "cfg").exists():
                parts["cfg"] = (path / "cfg").read_bytes()
            if "model" not in exclude:
                parts["model"] = (path / "model").read_bytes()
            if "vocab" not in exclude:  # on trial, as above
                Vocab().from_disk(path / "vocab", exclude=exclude)
            saved = self._load_parts(parts, exclude)
            if "vocab" not in exclude:
                self.vocab.from_disk(path / "vocab", exclude=exclude)
        return self._finish_load(*saved)

    def _load_parts(
        self, parts: dict[str, bytes], exclude: Sequence[str]
    ) -> tuple[list[str], Calibration]:
        """Check the saved parts, load the model, and return the rest of what is to be set."""
        labels, calibration = self.label_data, self.calibration
        if "cfg" in parts:
            model = None if "model" in exclude else parts.get("model", b"")
            labels, calibration = read_cfg(parts["cfg"], model)
        if "model" in parts:
            load_model(self.model, parts["model"], name=self.name)
            if "cfg" not in parts:
                calibration = UNCORRECTED  # that of other weights
        return labels, calibration

    def _finish_load(self, labels: list[str], calibration: Calibration) -> "LSTMEntityRecognizer":
        self.cfg["labels"], self.calibration = labels, calibration
        self._pending = set()
        self._rehearsal_model = None
        # Without the vocabulary, nothing else brings the labels' strings back.
        _add_strings(self.vocab, labels)
        return self


# What is found in a document without tokens.
_NOTHING = Prediction(
    np.zeros(0, dtype=np.int64),
    np.zeros((0, 2), dtype=np.uint64),
    scored=NO_SPANS,
    candidates=NO_SPANS,
)


def _weights(examples: list[Example], scores: Scores) -> torch.Tensor | None:
    """How much each example counts; None if all count the same. shape: (examples,)."""
    found = weights_of([eg.reference for eg in examples])
    return None if found is None else torch.from_numpy(found).to(scores.emissions)


def _add_strings(vocab: Vocab, labels: Iterable[str]) -> None:
    for label in labels:
        vocab.strings.add(label)


def _list_examples(examples: Iterable[Example], method: str) -> list[Example]:
    """List examples, which may come from a generator.

    RAISES (TypeError): They are something else than examples.
    """
    listed = list(examples) if isinstance(examples, Iterable) else examples
    validate_examples(listed, method)
    return listed


def _is_made_up(sample: Sequence[Doc]) -> bool:
    """Whether documents are the one that `nlp.initialize()` makes up where none are given."""
    return [[token.text for token in doc] for doc in sample] == [["x", "y", "z"]]
