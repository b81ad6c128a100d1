"""A Ray cluster to work on: one that is there, or one of this machine alone for a while."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import CodedError, Errors

# Seconds in which something must answer at an address.
PATIENCE = 10


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to a Ray cluster.

    address (Optional[str]): Where the head of the cluster answers, "host:port"; or "auto" for the
        cluster that this machine is part of. None for the one that this process is connected to,
        or else for one of this machine alone, which ends with the context.
    RAISES (ValueError): Ray is not installed, or there is no such cluster.
    """
    try:
        import ray
    except ImportError as error:
        raise CodedError(Errors.E307) from error
    if address is None and ray.is_initialized():
        yield
        return
    _connect(address or "local")
    try:
        yield
    finally:
        ray.shutdown()


def _connect(address: str) -> None:
    """Connect; what a command prints is its own alone."""
    import ray

    try:
        if ":" in address:  # Ray itself would wait much longer
            _reach(address)
        ray.init(address, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:  # Ray raises anything
        raise CodedError(Errors.E308.format(address=address, error=error)) from error


def _reach(address: str) -> None:
    """See that something answers at "host:port"."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE).close()
