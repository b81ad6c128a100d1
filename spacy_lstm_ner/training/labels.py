"""Labels in a file, as `spacy init labels` writes them."""

from pathlib import Path

import srsly

from ..errors import CodedError, Errors
from ..tags import are_labels


def read_labels(path: str | Path | None, *, require: bool = False) -> list[str] | None:
    """Read the labels of a component.

    path (Union[str, Path, None]): A JSON file with a list of labels; None to find them in the data.
    require (bool): Whether the file must be there. If it need not, no file is as no path.
    RETURNS (Optional[List[str]]): The labels, or None to find them.
    RAISES (ValueError): There is something else than labels.
    """
    if path is None or not (require or Path(path).exists()):
        return None
    try:
        labels = srsly.read_json(Path(path))
    except (OSError, ValueError) as error:
        problem = f"{type(error).__name__}: {error}"
        raise CodedError(Errors.E039.format(path=path, problem=problem)) from error
    if not labels or not are_labels(labels):
        raise CodedError(Errors.E039.format(path=path, problem=f"it holds {str(labels)[:80]}"))
    return labels
