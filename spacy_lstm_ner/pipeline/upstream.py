"""The components that a component builds on."""

from spacy.language import DisabledPipes, Language


def upstream_only(nlp: Language, name: str) -> DisabledPipes:
    """Disable a component and those after it, as long as the `with` lasts.

    Documents then come out of the pipeline as the component is to see them.

    nlp (Language): The pipeline.
    name (str): The component's name.
    RETURNS (DisabledPipes): A context manager, which enables them again at its end.
    """
    return nlp.select_pipes(disable=nlp.pipe_names[nlp.pipe_names.index(name) :])
