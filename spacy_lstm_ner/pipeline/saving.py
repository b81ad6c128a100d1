"""What is saved of the component beside its model, and loading that changes all or nothing.

`docs/format.md` describes the files for those who read one without this package.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import srsly
from thinc.api import Model

from ..errors import CodedError, Errors
from ..models.format import (
    FORMAT,
    SavedMap,
    Upgrades,
    check_equal,
    garbage_collector_kept,
    keep,
    seal,
    sha256,
    unseal,
)
from ..tags import are_labels
from ..training.calibration import UNCORRECTED, Calibration

_PART = "the list of labels (cfg)"
_SPACYS_CODE = re.compile(r"\[E\d+\]")


def read_parts(data: bytes, exclude: Sequence[str]) -> dict[str, bytes]:
    """Take a saved component apart.

    data (bytes): The component, as one string of bytes.
    exclude (Sequence[str]): Names of parts to leave out.
    RETURNS (Dict[str, bytes]): Its parts by name: "cfg", "vocab" and "model" or some of them.
    RAISES (ValueError): It is damaged.
    """
    parts = srsly.msgpack_loads(data)
    if not isinstance(parts, dict) or not set(parts) <= {"cfg", "vocab", "model"}:
        raise CodedError(Errors.E021.format(part="the component"))
    return {name: part for name, part in parts.items() if name not in exclude}


def write_cfg(
    labels: Sequence[str], model: bytes | None, calibration: Calibration = UNCORRECTED
) -> bytes:
    """Write the labels, the checksum of the model that scores them, and what corrects it.

    labels (Sequence[str]): The labels in the model's order.
    model (Optional[bytes]): The saved model; None if it is left out.
    calibration (Calibration): What was fitted after training.
    RETURNS (bytes): JSON.
    """
    checksum = None if model is None else sha256(model)
    content: SavedMap = {"format": FORMAT, "labels": list(labels), "model": checksum}
    if calibration != UNCORRECTED:
        content["calibration"] = calibration.to_dict()
    # Not srsly, whose numbers come back with other last digits, which the checksum would notice.
    return json.dumps(seal(content), indent=2).encode()


def read_cfg(cfg: bytes, model: bytes | None) -> tuple[list[str], Calibration]:
    """Read the labels, and check that the model is the one that they were saved with.

    cfg (bytes): What `write_cfg` returned, in this version or an earlier one.
    model (Optional[bytes]): The saved model, empty if there is none; None to read the rest alone.
    RETURNS (Tuple[List[str], Calibration]): The labels in the model's order, and what was fitted
        after training.
    RAISES (ValueError): The file or the model is damaged, or of a newer format.
    """
    saved = json.loads(cfg)
    if isinstance(saved, dict):
        saved = {"format": 1, **saved}  # format 1 does not name itself
    content = unseal(saved, UPGRADES, part=_PART)
    labels, checksum = content["labels"], content["model"]
    if not are_labels(labels) or len(set(labels)) < len(labels):
        raise CodedError(Errors.E021.format(part=_PART))
    if model is not None and checksum is not None and sha256(model) != checksum:
        raise CodedError(Errors.E021.format(part="its model"))
    if "calibration" not in content:
        return labels, UNCORRECTED
    try:
        return labels, Calibration.from_dict(content["calibration"])
    except ValueError as error:
        raise CodedError(Errors.E021.format(part="its calibration (cfg)")) from error


def _add_checksum(saved: SavedMap) -> SavedMap:
    """From format 1, which is the labels alone, to format 2."""
    if set(saved) != {"format", "labels"}:
        raise CodedError(Errors.E021.format(part=_PART))
    return {"labels": saved["labels"], "model": None}


UPGRADES: Upgrades = {1: _add_checksum, 2: keep, 3: keep}


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files: all of them, or none if one cannot be written, and never half of one.

    folder (Path): Where to.
    files (Mapping[str, bytes]): What each file is to hold, by name.
    """
    written = {folder / f"{name}.part": folder / name for name in files}
    try:
        for part, path in written.items():
            part.write_bytes(files[path.name])
        for part, path in written.items():
            part.replace(path)
    finally:
        for part in written:
            with suppress(OSError):  # that of what went wrong is the one to know
                part.unlink()


def load_model(model: Model[Any, Any], data: bytes, *, name: str) -> None:
    """Load a model of the same layers, with tags of the same meaning.

    model (Model): The model.
    data (bytes): What its `to_bytes` gave.
    name (str): Name of the component, for the messages of errors.
    RAISES (ValueError): The bytes are of another model.
    """
    saved = srsly.msgpack_loads(data)
    nodes = list(model.walk())
    lists = [saved[part] for part in ("nodes", "attrs", "shims")]
    number = {node.id: i for i, node in enumerate(nodes)}
    for node, info, attrs, shims in zip(nodes, *lists, strict=True):
        # A copy of a layer, such as takes the place of a listener, has lost its refs.
        refs = {ref: number[node.get_ref(ref).id] for ref in node.ref_names if node.has_ref(ref)}
        fits = {**refs, **info["refs"]} == {**info["refs"], **refs}
        if not fits or len(shims) != len(node.shims) or _no_data(node) & set(attrs):
            error = f"its layer '{node.name}' is made of other parts"
            raise CodedError(Errors.E022.format(name=name, error=error))
    for attr in ("scheme", "head"):
        found = srsly.msgpack_loads(lists[1][0][attr])
        check_equal(found, model.attrs[attr], name=attr, layer=model.name)
    model.from_bytes(data)
    for node in nodes:
        _check_sizes(node, name)


def _no_data(node: Model[Any, Any]) -> set[str]:
    """The attributes of a layer that are not saved, and that nothing loaded may replace."""
    plain = (type(None), bool, int, float, str, list, tuple, dict)
    return {name for name, value in node.attrs.items() if not isinstance(value, plain)}


def _check_sizes(node: Model[Any, Any], name: str) -> None:
    """Check that the sizes which a layer names are those of its weights."""
    for shim in node.shims:
        sizes = {"nI": shim.cfg.get("n_in"), "nO": shim.cfg.get("n_tags")}
        for dim, size in sizes.items():
            if size is not None and node.maybe_get_dim(dim) != size:
                error = f"{dim} of its layer '{node.name}' is not that of the weights, {size}"
                raise CodedError(Errors.E022.format(name=name, error=error))


@contextmanager
def all_or_nothing(name: str, model: Model[Any, Any]) -> Iterator[None]:
    """Load into a component's model; if that fails, leave the model as it was and say why.

    name (str): Name of the component.
    model (Model): Its model.
    RAISES (ValueError): What is loaded is damaged, or does not fit.
    """
    before = [_Node.of(node) for node in model.walk()]
    try:
        with garbage_collector_kept():
            yield
    except BaseException as error:
        for node in before:
            node.restore()
        coded = isinstance(error, CodedError) or _SPACYS_CODE.match(str(error))
        if coded or isinstance(error, OSError) or not isinstance(error, Exception):
            raise
        problem = f"{type(error).__name__}: {error}"
        raise CodedError(Errors.E022.format(name=name, error=problem)) from error


class _Node(NamedTuple):
    """A node of a model and what loading may replace in it."""

    node: Model[Any, Any]
    name: str
    dims: dict[str, int | None]
    params: dict[str, Any]
    refs: dict[str, Model[Any, Any] | None]
    attrs: dict[str, Any]
    shims: list[dict[str, Any]]

    @classmethod
    def of(cls, node: Model[Any, Any]) -> "_Node":
        return cls(
            node,
            node.name,
            {name: node.maybe_get_dim(name) for name in node.dim_names},
            {name: node.maybe_get_param(name) for name in node.param_names},
            {name: node.maybe_get_ref(name) for name in node.ref_names},
            dict(node.attrs),
            [dict(vars(shim)) for shim in node.shims],
        )

    def restore(self) -> None:
        node = self.node
        node.name = self.name
        for name, param in self.params.items():
            node.set_param(name, param)
        # thinc can add names to a node, but not take one away, nor a size where there are weights.
        for name in {*node.param_names} - {*self.params}:
            del node._has_params[name]
        _replace(node._dims, self.dims)
        _replace(node._refs, self.refs)
        _replace(node.attrs, self.attrs)
        for shim, state in zip(node.shims, self.shims, strict=True):
            _replace(vars(shim), state)


def _replace(items: dict[str, Any], others: dict[str, Any]) -> None:
    items.clear()
    items.update(others)
