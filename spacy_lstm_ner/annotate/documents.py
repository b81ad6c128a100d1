"""Documents of texts, where one that fails takes none of the others with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias, TypedDict

from spacy.language import Language
from spacy.tokens import Doc
from typing_extensions import NotRequired

from ..errors import Errors
from ..pipeline.confidence import probability


@dataclass(frozen=True)
class Failure:
    """Why there is no text, or no document of it.

    message (str): What is the matter.
    """

    message: str


Input: TypeAlias = str | Doc | Failure
Output: TypeAlias = Doc | Failure


class Entity(TypedDict):
    """An entity. Places are numbers of characters, as Python counts them."""

    start: int
    end: int
    label: str
    text: str
    probability: NotRequired[float]  # where the pipeline gives one


def process(nlp: Language, inputs: Sequence[Input]) -> list[Output]:
    """Let a pipeline process texts.

    nlp (Language): The pipeline.
    inputs (Sequence[Input]): The texts; documents keep their tokens, failures stay what they are.
    RETURNS (List[Output]): A document or the reason why there is none, in the same order.
    """
    checked = [_check(nlp, one) for one in inputs]
    docs = iter(_process(nlp, [one for one in checked if not isinstance(one, Failure)]))
    return [one if isinstance(one, Failure) else next(docs) for one in checked]


def entities_of(doc: Doc) -> list[Entity]:
    """The entities of a document."""
    tells = bool(doc.user_data or doc.spans)  # where probabilities are, if there are any
    found = []
    for ent in doc.ents:
        entity = Entity(start=ent.start_char, end=ent.end_char, label=ent.label_, text=ent.text)
        share = probability(ent) if tells else None
        if share is not None:
            entity["probability"] = share
        found.append(entity)
    return found


def _check(nlp: Language, one: Input) -> Input:
    """Find out what is known to fail, so that it is not tried among others."""
    if isinstance(one, str) and len(one) > nlp.max_length:
        return Failure(Errors.E282.format(length=len(one), most=nlp.max_length))
    return one


def _process(nlp: Language, inputs: Sequence[str | Doc]) -> Iterable[Output]:
    """Process all together; where that fails, each half by itself."""
    try:
        # Copies, since a pipeline that fails leaves some documents with their entities.
        fresh = (one.copy() if isinstance(one, Doc) else one for one in inputs)
        docs: list[Output] = list(nlp.pipe(fresh))
        if len(docs) == len(inputs):
            return docs
        error: Exception = ValueError(Errors.E283)  # an error handler has left documents out
    except Exception as raised:  # a component can be anybody's
        error = raised
    if len(inputs) == 1:
        return [Failure(str(error) or repr(error))]
    middle = len(inputs) // 2
    return chain(_process(nlp, inputs[:middle]), _process(nlp, inputs[middle:]))
