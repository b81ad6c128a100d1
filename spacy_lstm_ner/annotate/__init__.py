"""Any number of texts, in rows: what a worker does to its share of them.

`arrow` is one function over batches of Arrow; engines that have such batches call it. The command
`annotate` calls what it is made of, from files to files.
"""

from .batch import arrow

__all__ = ["arrow"]
