"""A Ray cluster to work on: one that is there, or one of this machine alone for a while."""

import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from ..errors import CodedError, Errors

T = TypeVar("T")

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


def choose_engine(engines: Mapping[str, T], name: str, address: str | None) -> T:
    """The engine that a command is to work by.

    engines (Mapping[str, T]): The engines; "local" is of this machine, the others of clusters.
    name (str): The name of one.
    address (Optional[str]): The address of a cluster.
    RAISES (ValueError): There is none of this name, or it is of this machine and has an address.
    """
    if name not in engines:
        options = ", ".join(engines)
        raise CodedError(Errors.E030.format(name="engine", value=name, options=options))
    if address is not None and name == "local":
        raise CodedError(Errors.E310.format(address=address))
    return engines[name]


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
