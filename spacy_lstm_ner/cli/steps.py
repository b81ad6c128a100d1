"""The steps of a training, told while it runs."""

from collections.abc import Callable
from typing import IO, Any, TypeAlias

from spacy.language import Language
from spacy.util import registry

LOGGER = "spacy_lstm_ner.tell_steps"
# What a logger of spaCy's is set up as: what it does after each step, and at the end.
Logger: TypeAlias = tuple[Callable[[dict[str, Any] | None], None], Callable[[], None]]


def tell_steps(nlp: Language, tell: Callable[[], object]) -> None:
    """Let the training of a pipeline tell of each step, beside what its own logger does.

    nlp (Language): The pipeline, initialized. Once it trains, its config is what it was before.
    tell (Callable[[], object]): Is called after each step.
    """
    own = nlp.config["training"]["logger"]
    set_up_own = registry.resolve({"own": nlp.config.interpolate()["training"]["logger"]})["own"]

    def make_logger() -> Callable[[Language, IO[str], IO[str]], Logger]:
        def set_up(nlp: Language, stdout: IO[str], stderr: IO[str]) -> Logger:
            nlp.config["training"]["logger"] = own  # so that it is saved
            log, finish = set_up_own(nlp, stdout, stderr)

            def log_and_tell(info: dict[str, Any] | None) -> None:
                log(info)
                tell()

            return log_and_tell, finish

        return set_up

    registry.loggers.register(LOGGER, func=make_logger)
    nlp.config["training"]["logger"] = {"@loggers": LOGGER}
