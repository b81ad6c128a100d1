"""Pipelines that are loaded by name."""

from collections.abc import Collection

import spacy
from spacy.language import Language

from ..errors import CodedError, Errors


def load_pipeline(model: str, *, exclude: Collection[str] = ()) -> Language:
    """Load a pipeline.

    model (str): Its folder, or the name of its package.
    exclude (Collection[str]): Components to leave out.
    RAISES (ValueError): It cannot be loaded.
    """
    try:
        return spacy.load(model, exclude=list(exclude))
    except CodedError:
        raise
    except Exception as error:  # a folder can be of anything
        raise CodedError(Errors.E140.format(model=model, error=error)) from error


def load_entity_finder(model: str) -> Language:
    """Load a pipeline that finds entities, by whichever component.

    model (str): Its folder, or the name of its package.
    RAISES (ValueError): It cannot be loaded, or has no such component.
    """
    nlp = load_pipeline(model)
    if not any("doc.ents" in nlp.get_pipe_meta(name).assigns for name in nlp.pipe_names):
        raise CodedError(Errors.E143.format(model=model, components=told_components(nlp)))
    return nlp


def told_components(nlp: Language) -> str:
    """The components of a pipeline for a message, with those that are disabled."""
    names = (f"{name} (disabled)" if name in nlp.disabled else name for name in nlp.component_names)
    return ", ".join(names) or "none"
