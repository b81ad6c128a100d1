"""Readers of annotation in other formats, one file a format."""

from .columns import Columns
from .format import Format
from .gmb import GMB
from .inline import Inline

# To add a format, write a file with a subclass of `Format` and add a row here. The flags, the help
# and the messages of `convert` follow from it.
FORMATS: dict[str, type[Format]] = {
    "gmb": GMB,
    "columns": Columns,
    "inline": Inline,
}
