"""Locks that a forked process finds free."""

import os
from threading import Lock


def make_lock() -> Lock:
    """Make a lock, for the whole life of the process; it is not forked while the lock is held.

    A fork takes the locks that were made last first. Code that holds two must do so too.
    """
    lock = Lock()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
        )
    return lock
