"""The shim: one torch module as a part of a thinc model."""

import contextlib
import copy
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

import torch
from thinc.api import Model, Optimizer, PyTorchShim, get_torch_default_device, torch2xp, xp2torch
from thinc.shims import Shim
from torch import Tensor, nn

from ..locks import make_lock
from ..nn.embedding import BLOCK
from ..nn.learner import Learner
from ..nn.neutral import neutrally
from ..parallel.optimizer import DataParallel
from .averages import MovingAverage
from .format import SavedLayer, read_layer, write_layer
from .precision import Precision

# Held while weights are exchanged, and while a module is started from the weights of another.
_CHANGING = make_lock()

T = TypeVar("T")
OptimizerT: TypeAlias = Callable[..., tuple[Any, Any]]


def _use_one_thread() -> None:
    torch.set_num_threads(1)


# A forked child inherits torch's thread pool without its threads and would wait for them for ever
# (https://github.com/pytorch/pytorch/issues/17199). One thread per process is also what a pool of
# workers wants.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use_one_thread)


class ModuleShim(PyTorchShim):
    """Holds one torch module; created empty, built once its sizes are known.

    Beyond the stock shim: its bytes hold the module's settings beside the weights, so that loading
    builds the module; moving averages of an optimizer reach the weights, and it can keep an average
    itself to predict by; gradients handed to an optimizer are not overwritten afterwards; a copy,
    and a module built anew, never share optimizer state with the module before.

    make (Callable[..., Learner]): Makes the module from keyword arguments of plain data. A
        module-level function or class, so that it can be pickled.
    name (str): The layer's name, for the messages of errors.
    config (Optional[Mapping[str, Any]]): What the config says of the layer that its weights depend
        on, as plain data. It is saved beside them, and weights of another config are not loaded.
    """

    @neutrally
    def __init__(
        self,
        make: Callable[..., Learner],
        *,
        name: str = "",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(None)
        self._make = make
        self._name = name
        self._config = dict(config or {})
        # In which numbers to predict, see `precision`. A setting of the config, which is not saved.
        self.precision: Precision = "auto"
        # How long a step of training is, as a multiple of the optimizer's, and whether to predict
        # by a moving average of the weights. Settings of the config too.
        self.learn_rate = 1.0
        self.keeps_average = False
        self._average: MovingAverage | None = None
        # Whether dropout is silenced on purpose, and whether the user knows that it is otherwise.
        self.rehearses = False
        self.warned_of_dropout = False
        self._cache: dict[str, Any] = {}
        # While other weights are in place, how to start the modules made from them anew.
        self._made_meanwhile: list[Callable[[], None]] | None = None

    @property
    def module(self) -> Any:
        """The torch module, as whoever made it knows it; None before it is built."""
        return self._model

    @property
    def predictor(self) -> Any:
        """The module to predict by, and to save: the average of the module, where there is one."""
        average = self._average
        return self._model if average is None else average.module

    @property
    def device(self) -> torch.device:
        """Where the module is, or would be built."""
        return self.cached("device", self._find_device)

    def _find_device(self) -> torch.device:
        parameter = next(self._model.parameters(), None) if self._model is not None else None
        return get_torch_default_device() if parameter is None else parameter.device

    def cached(self, key: str, make: Callable[[], T]) -> T:
        """Something that depends on the weights, made once for as long as they stay.

        A thread whose weights change while it makes something keeps it to itself: it goes into the
        cache that was in place before.

        key (str): Its name.
        make (Callable[[], T]): Makes it.
        """
        cache = self._cache
        found = cache.get(key)
        return cast(T, cache.setdefault(key, make()) if found is None else found)

    def forget(self) -> None:
        """Drop what depends on the weights: they have changed, or the memory is wanted."""
        self._cache = {}

    @neutrally
    def build(self, *, prepare: Callable[[Any], None] | None = None, **settings: Any) -> None:
        """Make the module, in place of any earlier one.

        prepare (Optional[Callable[[nn.Module], None]]): Gives the module its first weights, before
            other threads see it.
        settings (Any): Arguments of `make`, kept for loading.
        """
        module = self._make(**settings)
        if prepare is not None:
            prepare(module)
        with _CHANGING:
            self._hold(module, settings)

    @neutrally
    def grow(self, into: Callable[[Any, Any], None], **settings: Any) -> None:
        """Make a larger module in place of the one that there is, and so of its average.

        into (Callable[[nn.Module, nn.Module], None]): Gives the larger module, which comes first,
            the weights of the smaller one.
        settings (Any): Arguments of `make`, kept for loading.
        """
        larger = self._make(**settings)
        with _CHANGING:
            smaller, average = self._model, self._average
            into(larger, smaller)
            if self._made_meanwhile is not None:
                self._made_meanwhile.append(partial(into, larger, smaller))
            grown = None if average is None else average.grown(larger, into)
            self._hold(larger, settings, grown)

    def _hold(
        self, module: nn.Module, settings: dict[str, Any], average: MovingAverage | None = None
    ) -> None:
        device = self.device
        if average is not None:
            average.module.to(device)
        self._average = average
        self._model = module.to(device)
        self.cfg = settings
        # Optimizers keep their moments by this number, and the shapes may have changed.
        self.id = _new_id()
        self.forget()

    def backward(self, outputs: list[Tensor], gradients: list[Tensor]) -> None:
        """Add the gradients of the weights, and of inputs that ask for it."""
        torch.autograd.backward(outputs, gradients)

    @neutrally
    def finish_update(self, optimizer: OptimizerT) -> None:
        """Let an optimizer change the weights by the gradients gathered so far.

        A table whose gradient is sparse is changed in blocks, each by its own name.
        """
        if isinstance(optimizer, DataParallel) and self._model is not None:
            with optimizer.added_up(self._model, gather=self._model.gather):
                self._finish_update(optimizer)
        else:
            self._finish_update(optimizer)

    def _finish_update(self, optimizer: OptimizerT) -> None:
        self._model.clip_gradients()
        for name, parameter in self._model.named_parameters():
            if parameter.grad is None:
                continue
            gradient, parameter.grad = parameter.grad, None
            if gradient.is_sparse:
                self._step_blocks(optimizer, name, parameter.data, gradient.coalesce())
            else:
                self._step(optimizer, name, parameter.data, gradient)
        self._follow(optimizer)
        self._model.finish_update(None if self._average is None else self._average.module)
        self.forget()

    def _follow(self, optimizer: OptimizerT) -> None:
        """Let the average follow the weights, if one is kept."""
        if not self.keeps_average:
            return
        # An optimizer's averages are others. And a rehearsal of spaCy's passes a function in place
        # of an optimizer, and changes the weights when this has ended.
        if not isinstance(optimizer, Optimizer) or optimizer.averages is not None:
            self._average = None
        elif self._average is None:
            self._average = MovingAverage(self._model)
        else:
            self._average.update(self._model)

    def _step(self, optimizer: OptimizerT, name: str, weights: Tensor, gradient: Tensor) -> None:
        """Let an optimizer change weights that it knows by a name."""
        arrays = torch2xp(weights), torch2xp(gradient.contiguous())
        step = self.learn_rate * self._model.step
        # A rehearsal of spaCy's passes a function in place of an optimizer, which takes no scale.
        scaled = step != 1.0 and isinstance(optimizer, Optimizer)
        options = {"lr_scale": step} if scaled else {}
        value, _ = optimizer((self.id, name), *arrays, **options)
        # Most often that is a view of the weights. As the weights themselves, it would hold on to
        # those of the step before, these to the ones before them, and so on.
        weights.copy_(xp2torch(value, device=weights.device))

    def _step_blocks(
        self, optimizer: OptimizerT, name: str, table: Tensor, gradient: Tensor
    ) -> None:
        """Let an optimizer change those blocks of a table that have a gradient."""
        rows = gradient.indices()[0]
        blocks, counts = torch.unique_consecutive(rows // BLOCK, return_counts=True)
        sizes = counts.tolist()
        parts = zip(blocks.tolist(), rows.split(sizes), gradient.values().split(sizes), strict=True)
        for block, of_block, values in parts:
            weights = table[block * BLOCK : (block + 1) * BLOCK]
            dense = torch.zeros_like(weights).index_copy_(0, of_block - block * BLOCK, values)
            self._step(optimizer, _block_name(name, block), weights, dense)

    def _parts(self, name: str, weights: Tensor) -> Iterator[tuple[tuple[int, str], Tensor]]:
        """What an optimizer may know weights by, as a whole and block by block."""
        yield (self.id, name), weights
        for i, block in enumerate(weights.split(BLOCK)):
            yield (self.id, _block_name(name, i)), block

    @contextlib.contextmanager
    def use_params(self, params: dict[tuple[int, str], Any]) -> Iterator[None]:
        """Put other weights in place for a while, such as an optimizer's moving averages.

        params (Dict[Tuple[int, str], FloatsXd]): Weights by (shim id, name of the parameter).
        """
        backup: list[tuple[nn.Parameter, Tensor]] = []
        made: list[Callable[[], None]] = []
        outer, average = self._made_meanwhile, self._average
        try:
            with _CHANGING:
                self._made_meanwhile = made
                self._exchange(params, backup)
                if backup:
                    self._average = None
            yield
        finally:
            with _CHANGING:
                if backup and not made:
                    self._average = average
                for parameter, weights in backup:
                    parameter.data = weights
                for prepare in made:
                    prepare()
                if outer is not None:
                    outer.extend(made)
                self._made_meanwhile = outer
                self.forget()

    @neutrally
    def _exchange(
        self, params: dict[tuple[int, str], Any], backup: list[tuple[nn.Parameter, Tensor]]
    ) -> None:
        """Put other weights in place, and those before into a list."""
        for name, parameter in self._model.named_parameters() if self._model is not None else ():
            others = parameter.data.clone()
            given = [(part, key) for key, part in self._parts(name, others) if key in params]
            for part, key in given:
                part.copy_(xp2torch(params[key], device=parameter.device))
            if given:
                backup.append((parameter, parameter.data))
                parameter.data = others
        self.forget()

    @neutrally
    def halve(self) -> None:
        """Round the weights to 16 bits, in which they are then saved.

        A table with a number that 16 bits cannot hold stays as it is.
        """
        with _CHANGING:
            for module in filter(None, {self._model, self.predictor}):
                for weights in module.state_dict().values():
                    rounded = weights.half().to(weights.dtype)
                    if weights.dtype == torch.float32 and not rounded.isinf().any():
                        weights.copy_(rounded)
            self.forget()

    @neutrally
    def to_device(self, device_type: str, device_id: int) -> None:
        """Move the module to "cpu", or to "gpu" with a number."""
        if self._model is not None:
            super().to_device(device_type, device_id)
        if self._average is not None:
            self._average.module.to(self._find_device())
        self.forget()

    def copy(self) -> "ModuleShim":
        """Copy the shim with its weights."""
        return copy.deepcopy(self)

    @neutrally
    def __deepcopy__(self, memo: dict[int, Any]) -> "ModuleShim":
        shim = ModuleShim(self._make, name=self._name, config=self._config)
        shim.precision = self.precision
        shim.learn_rate, shim.keeps_average = self.learn_rate, self.keeps_average
        shim.cfg = copy.deepcopy(self.cfg, memo)
        shim._model = copy.deepcopy(self.predictor, memo)
        return shim

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cache": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What shims that were pickled by 0.1.0 have not.
        earlier = {"learn_rate": 1.0, "keeps_average": False, "_average": None}
        self.__dict__.update({**earlier, **state}, id=_new_id())

    @neutrally
    def to_bytes(self) -> bytes:
        """Write the settings and the weights; neither if there is no module yet."""
        if self._model is None:
            return write_layer(SavedLayer(self.cfg, None, self._config))
        weights = self.predictor.state_dict()
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        settings = {**self.cfg, **self._model.grown()}
        return write_layer(SavedLayer(settings, tensors, self._config))

    @neutrally
    def from_bytes(self, bytes_data: bytes) -> "ModuleShim":
        """Build the module from bytes and load its weights.

        bytes_data (bytes): What `to_bytes` wrote.
        RETURNS (ModuleShim): The shim.
        RAISES (ValueError): The bytes are damaged, of a newer format, of a layer with another
            config, or their settings and weights make no module. The shim stays what it was.
        """
        layer = read_layer(bytes_data)
        layer.check_config(self._config, layer=self._name)
        if layer.tensors is None:
            self.cfg, self._model, self._average = layer.settings, None, None
            self.forget()
        else:
            self._hold(layer.make(self._make), layer.settings)
        return self


def _block_name(name: str, block: int) -> str:
    return f"{name}.{block}"


def _new_id() -> int:
    with Shim.global_id_lock:
        Shim.global_id += 1
        return Shim.global_id


def own_shim(model: Model[Any, Any]) -> ModuleShim:
    """The shim of a node, with or without a module."""
    return cast(ModuleShim, model.shims[0])


def get_shim(model: Model[Any, Any]) -> ModuleShim:
    """The shim of a node.

    RAISES (KeyError): The node was not initialized, as spaCy expects to hear it (its E109).
    """
    shim = own_shim(model)
    if shim.module is None:
        raise KeyError(model.name)
    return shim


def module_shims(model: Model[Any, Any]) -> list[ModuleShim]:
    """The shims of all layers of this package in a model."""
    shims = (shim for node in model.walk() for shim in node.shims)
    return [shim for shim in shims if isinstance(shim, ModuleShim)]
