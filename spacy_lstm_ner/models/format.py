"""The bytes of a saved layer, and what every saved map has: a format and a checksum.

`docs/format.md` describes them for those who read a file without this package.
"""

import gc
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import srsly
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ..errors import CodedError, Errors

# The format that is written. Raise it when older code could not read what newer code writes, and
# add the step from the format before to each table of upgrades.
FORMAT = 4

# What a module may be made of: this many times the saved weights, and a little more. Transitions
# that are not learned are not saved, and grow with the square of the tags.
ROOM, MIN_ROOM, MIN_TENSORS = 64, 2**20, 64
_FACTORIES = {torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn}

SavedMap: TypeAlias = dict[str, Any]
Upgrades: TypeAlias = Mapping[int, Callable[[SavedMap], SavedMap]]


def seal(content: SavedMap) -> SavedMap:
    """Add to a map the checksum of all that it holds, its format included."""
    return {**content, "sha256": sha256(srsly.msgpack_dumps(content))}


def unseal(saved: Any, upgrades: Upgrades, *, part: str) -> SavedMap:
    """Check a map that was read, and bring it to the present format.

    saved (Any): What was read.
    upgrades (Mapping[int, Callable]): What turns a map of each earlier format into one of the next.
    part (str): What the map describes, for the messages of errors.
    RETURNS (Dict[str, Any]): What the map holds.
    RAISES (ValueError): The map is damaged, or of a newer format.
    """
    found = saved.get("format") if isinstance(saved, dict) else None
    if not isinstance(found, int) or found < 1:
        raise CodedError(Errors.E021.format(part=part))
    if found > FORMAT:
        raise CodedError(Errors.E020.format(found=found, known=FORMAT))
    if found > 1:  # maps of format 1 were not sealed; its step checks what they have
        content = {key: value for key, value in saved.items() if key != "sha256"}
        if not _is_sealed(content, saved.get("sha256")):
            raise CodedError(Errors.E021.format(part=part))
        saved = content
    for version in range(found, FORMAT):
        saved = upgrades[version](saved)
    return saved


def _is_sealed(content: SavedMap, checksum: Any) -> bool:
    try:
        return bool(seal(content)["sha256"] == checksum)
    except ValueError:  # nested deeper than can be written, though it could be read
        return False


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


class SavedLayer(NamedTuple):
    """A layer as its bytes hold it.

    settings (Dict[str, Any]): The arguments that make its module; empty if there is none yet.
    tensors (Optional[Dict[str, Tensor]]): The module's weights by name; None if there is none yet.
    config (Mapping[str, Any]): What the config says of the layer that its weights depend on: of its
        module, and of what is read for it.
    """

    settings: dict[str, Any]
    tensors: dict[str, Tensor] | None
    config: Mapping[str, Any] = MappingProxyType({})

    def check_config(self, config: Mapping[str, Any], *, layer: str) -> None:
        """Check that the layer was made with the config of the one that reads it.

        Layers of earlier formats have no config of their own; their settings are compared.

        config (Mapping[str, Any]): The config of the one that reads it.
        layer (str): Its name, for the message of the error.
        RAISES (ValueError): They differ.
        """
        for saved in (self.settings, self.config):
            for name in sorted(saved.keys() & config.keys(), key=str):
                check_equal(saved[name], config[name], name=name, layer=layer)

    def make(self, make: Callable[..., nn.Module]) -> nn.Module:
        """Make the module and load its weights.

        make (Callable[..., nn.Module]): Makes the module from its settings.
        RETURNS (nn.Module): The module.
        RAISES (ValueError): The settings make no module, or one that the weights do not fit.
        """
        tensors = self.tensors or {}
        numbers = MIN_ROOM + ROOM * sum(tensor.numel() for tensor in tensors.values())
        try:
            with _Room(numbers, MIN_TENSORS + ROOM * len(tensors)):
                module = make(**self.settings)
        except Exception as error:  # whatever unfit settings run into
            problem = f"{type(error).__name__}: {error}"
            raise CodedError(Errors.E025.format(problem=problem)) from error
        found, expected = _describe(tensors), _describe(module.state_dict())
        for name in sorted(found.keys() | expected.keys()):
            has, needs = found.get(name, "missing"), expected.get(name, "none of that name")
            if has != needs:
                problem = f"{name} is {has}, expected {needs}"
                raise CodedError(Errors.E025.format(problem=problem))
        module.load_state_dict(tensors)
        return module


class _Room(TorchFunctionMode):
    """Lets a module be made of so much and no more, since settings may ask for any size.

    numbers (int): How many numbers.
    tensors (int): How many tensors.
    """

    def __init__(self, numbers: int, tensors: int) -> None:
        super().__init__()
        self._numbers = numbers
        self._tensors = tensors

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _FACTORIES:
            size = args[0] if isinstance(args[0], Sequence) else args
            self._numbers -= math.prod(size)
            self._tensors -= 1
            if self._numbers < 0 or self._tensors < 0:
                raise ValueError(f"no room for a tensor of the size {tuple(size)}")
        return func(*args, **(kwargs or {}))


def check_equal(found: Any, own: Any, *, name: str, layer: str) -> None:
    """Check that a setting was saved with the value that it has.

    found, own (Any): Its value in what is loaded, and in what loads it.
    name, layer (str): The setting, and whose it is, for the message of the error.
    RAISES (ValueError): They differ.
    """
    own = list(own) if isinstance(own, tuple) else own  # as it is saved
    if repr(found) != repr(own):  # compares anything, and tells True from 1
        raise CodedError(Errors.E026.format(layer=layer, name=name, found=found, own=own))


def write_layer(layer: SavedLayer) -> bytes:
    """Write a layer, in half as many bytes where no number changes by it.

    layer (SavedLayer): The layer; its tensors are contiguous and on the CPU.
    RETURNS (bytes): The same bytes for the same layer.
    """
    tensors = layer.tensors
    state = b"" if tensors is None else save_tensors({n: _narrow(t) for n, t in tensors.items()})
    content = {
        "format": FORMAT,
        "config": dict(layer.config),
        "settings": layer.settings,
        "state": state,
    }
    return srsly.msgpack_dumps(seal(content))


def read_layer(data: bytes) -> SavedLayer:
    """Read a layer that this version or an earlier one wrote.

    data (bytes): What `write_layer` returned.
    RETURNS (SavedLayer): The layer.
    RAISES (ValueError): The bytes are damaged, or of a newer format.
    """
    damaged = CodedError(Errors.E021.format(part="a layer"))
    try:
        with garbage_collector_kept():
            saved = srsly.msgpack_loads(data)
    except Exception as error:
        raise damaged from error
    content = unseal(saved, UPGRADES, part="a layer")
    config, settings, state = (content.get(key) for key in ("config", "settings", "state"))
    if not (isinstance(config, dict) and isinstance(settings, dict) and isinstance(state, bytes)):
        raise damaged
    if settings and not state:
        raise damaged
    try:
        tensors = load_tensors(state) if state else None
    except Exception as error:  # an error of its own, or of looking up what it names
        raise damaged from error
    if tensors is not None:
        tensors = {name: _widen(tensor) for name, tensor in tensors.items()}
    return SavedLayer(settings, tensors, config)


def _narrow(tensor: Tensor) -> Tensor:
    """Numbers of 32 bits in 16, if they are all the same there."""
    if tensor.dtype != torch.float32:
        return tensor
    half = tensor.half()
    return half if torch.equal(half.float(), tensor) else tensor


def _widen(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype == torch.float16 else tensor


@contextmanager
def garbage_collector_kept() -> Iterator[None]:
    """Undo that srsly leaves the garbage collector off after msgpack that it cannot read."""
    collects = gc.isenabled()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _check_weights(saved: SavedMap) -> SavedMap:
    """From format 1, whose checksum is that of the weights, to format 2."""
    state = saved.get("state")
    if not isinstance(state, bytes) or sha256(state) != saved.get("sha256"):
        raise CodedError(Errors.E021.format(part="a layer"))
    return {"settings": saved.get("settings"), "state": state}


def _add_config(saved: SavedMap) -> SavedMap:
    """From format 2, which has no config, to format 3."""
    return {**saved, "config": {}}


def keep(saved: SavedMap) -> SavedMap:
    """From a format to the next one, which only allows more."""
    return saved


UPGRADES: Upgrades = {1: _check_weights, 2: _add_config, 3: keep}


def _describe(tensors: Mapping[str, Tensor]) -> dict[str, str]:
    return {name: f"{tensor.dtype} {tuple(tensor.shape)}" for name, tensor in tensors.items()}
