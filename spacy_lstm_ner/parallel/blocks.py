"""The two blocks of a config that go together."""

from ..errors import CodedError, Errors

BLOCKS = ("training.batcher", "training.optimizer")

_noted: set[str] = set()


def note_block(name: str) -> None:
    """Note that a config has one of BLOCKS."""
    _noted.add(name)


def check_blocks() -> None:
    """See that a config has both.

    RAISES (ValueError): One is missing.
    """
    for name in BLOCKS:
        if name not in _noted:
            raise CodedError(Errors.E324.format(missing=name))
