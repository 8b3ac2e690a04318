"""Watch a model compute: every stage's tensor, one after the other, as it is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property, partial
from itertools import chain, cycle
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode, handle_torch_function

from parity.core.errors import CandidateError
from parity.core.stages import Stage

Visit = Callable[[str, Tensor], Tensor | None]

_SOFTMAXES = {torch.nn.functional.softmax, torch.softmax, Tensor.softmax}


@contextmanager
def tapped(
    model: nn.Module,
    stages: Mapping[str, Stage],
    visit: Visit,
    visit_gradient: Visit | None = None,
    *,
    edits: bool = False,
) -> Iterator[None]:
    """While inside, call `visit(name, tensor)` for each stage a forward pass comes by.

    The tensor is the model's own: who keeps it beyond the call must clone it. If the call returns
    numbers, they are written into it, so that all who use it go on with them. A module that returns
    a tuple, a mapping or a dataclass is represented by its first tensor. One that several paths
    lead to stands for them in turn, call by call.

    With `visit_gradient` a later backward pass calls that in the same way, also outside; what it
    returns is the gradient that goes on from there.

    With `edits` what the call returns takes the place of the tensor as if the model had made it:
    who watches already sees that alone, and gradients flow through it.
    """
    show = _Show(visit, visit_gradient, model, edits)
    softmax = _SoftmaxWatch(show)
    softmaxes: dict[nn.Module, dict[str, list[_Named]]] = {}
    taps: dict[tuple[nn.Module, str], dict[str, list[_Named]]] = {}
    for name, stage in stages.items():
        module = model.get_submodule(stage.module)
        if stage.side in ("scores", "probabilities"):
            paths = softmaxes.setdefault(module, {})
        else:
            paths = taps.setdefault((module, stage.side), {})
        paths.setdefault(stage.module, []).append((name, stage))
    with ExitStack() as stack:
        for module, paths in softmaxes.items():
            enter, leave = softmax.hooks(cycle(paths.values()))
            stack.callback(module.register_forward_pre_hook(enter).remove)
            stack.callback(module.register_forward_hook(leave, always_call=True).remove)
        for (module, side), paths in taps.items():
            before, after = _hooks(show, cycle(paths.values()))
            if side == "in":
                handle = module.register_forward_pre_hook(before, prepend=edits, with_kwargs=True)
            else:
                handle = module.register_forward_hook(after, prepend=edits)
            stack.callback(handle.remove)
        if softmaxes:  # torch's fused layers notice a mode, and compute another way under one
            stack.enter_context(softmax)
        yield


_Named = tuple[str, Stage]


@dataclass(frozen=True)
class _Show:
    """Shows a tensor of the model as the stages in it, and writes into it what comes back.

    Attributes:
        visit: is shown each stage.
        visit_gradient: is shown each stage's gradient, when there is one.
        model: whose weights are not written to.
        edits: whether what comes back is put in the tensor's place instead.
    """

    visit: Visit
    visit_gradient: Visit | None
    model: nn.Module
    edits: bool = False

    def __call__(self, tensor: Tensor, named: Iterable[_Named]) -> Tensor:
        for name, stage in named:
            part = stage.of(tensor)
            with torch._C.DisableTorchFunction():  # what the visitor computes is not watched
                put = self.visit(name, part)
            if put is not None and self.edits:
                tensor = put
            elif put is not None:
                tensor = tensor if self._may_write(tensor) else tensor.clone()
                _write(tensor.data, stage, put)  # autograd must not see it
        if self.visit_gradient is not None and tensor.requires_grad:
            for name, stage in named:
                tensor.register_hook(partial(self._gradient, name, stage))  # type: ignore[no-untyped-call]
            return tensor.clone()  # what is changed in place has its hooks taken away
        return tensor

    def _gradient(self, name: str, stage: Stage, gradient: Tensor) -> Tensor | None:
        assert self.visit_gradient is not None
        put = self.visit_gradient(name, stage.of(gradient))
        if put is None:
            return None
        gradient = gradient.clone()
        _write(gradient, stage, put)
        return gradient

    def _may_write(self, tensor: Tensor) -> bool:
        """Whether each number has a place of its own: not a weight's, nor an earlier stage's."""
        repeated = 0 in (
            step for step, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1
        )
        storage = StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]
        is_view = self._dims.setdefault(storage, tensor.dim()) != tensor.dim()
        weight = tensor.untyped_storage().data_ptr() in self._weights
        return not (repeated or is_view or weight)

    @cached_property
    def _dims(self) -> dict[StorageWeakRef, int]:
        """How many dimensions what was shown has, by its storage: freed memory is used again."""
        return {}

    @cached_property
    def _weights(self) -> set[int]:
        """Where the model's weights begin in memory."""
        weights = chain(self.model.parameters(), self.model.buffers())
        return {each.untyped_storage().data_ptr() for each in weights if not is_lazy(each)}


def _write(tensor: Tensor, stage: Stage, put: Tensor) -> None:
    """Write a stage's numbers into its part of a tensor, if that is a part and no copy."""
    if stage.put is not None:
        stage.put(tensor, put)
        return
    part = stage.of(tensor)
    if part.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr():
        part.copy_(put)


def _hooks(
    show: _Show, turns: Iterator[Sequence[_Named]]
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what runs before and after a module; each call is shown as the next turn's stages."""

    def before(_module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        if args:
            return (shown(args[0]), *args[1:]), kwargs
        (name, value), *_ = kwargs.items()
        return args, {**kwargs, name: shown(value)}

    def after(_module: nn.Module, _args: Any, output: Any) -> Any:
        return shown(output)

    def shown(value: Any) -> Any:
        place, tensor = (None, value) if isinstance(value, Tensor) else _first_tensor(value)
        made = show(tensor, next(turns))
        if made is tensor:
            return value
        return made if value is tensor else _with_tensor(value, place, made)

    return before, after


def _first_tensor(value: Any) -> tuple[Any, Tensor]:
    """Find the tensor that stands for a collection, and its place there."""
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif is_dataclass(value):
        items = ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, (tuple, list)):
        items = enumerate(value)
    for place, item in items:
        if isinstance(item, Tensor):
            return place, item
    kind = type(value).__name__
    raise CandidateError(f"a stage's module takes or returns a {kind} in which there is no tensor")


def _with_tensor(value: Any, place: Any, tensor: Tensor) -> Any:
    """Return a copy of a collection with another tensor in one place."""
    if isinstance(value, Mapping):
        changed: Any = copy(value)
        changed[place] = tensor
        return changed
    if is_dataclass(value):
        return replace(value, **{place: tensor})  # type: ignore[type-var]
    items = (*value[:place], tensor, *value[place + 1 :])
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


@dataclass(frozen=True, eq=False)
class _EditedSoftmax:
    """A softmax whose result is edited before any of those who watch from outside sees it."""

    softmax: Callable[..., Tensor]
    show: Callable[[Tensor], Tensor]

    def __call__(self, scores: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if torch._C._is_torch_function_mode_enabled():
            made: Tensor = handle_torch_function(self, (scores,), scores, *args, **kwargs)
            return made
        return self.show(self.softmax(scores, *args, **kwargs))


class _SoftmaxWatch(TorchFunctionMode):
    """Sees the softmax called inside an attention module, whoever wrote that module."""

    def __init__(self, show: _Show) -> None:
        super().__init__()
        self._show = show
        self._inside: list[Sequence[_Named]] = []  # the stages of each module that is running

    def hooks(
        self, turns: Iterator[Sequence[_Named]]
    ) -> tuple[Callable[..., None], Callable[..., None]]:
        """Return what runs before and after a module; each call has the next turn's stages."""

        def enter(*_: Any) -> None:
            self._inside.append(next(turns))

        def leave(*_: Any) -> None:
            self._inside.pop()

        return enter, leave

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if not (func in _SOFTMAXES or isinstance(func, _EditedSoftmax)) or not self._inside:
            return func(*args, **kwargs)
        before, after = (
            partial(self._show, named=[each for each in self._inside[-1] if each[1].side == side])
            for side in ("scores", "probabilities")
        )
        scores, *rest = args or (kwargs["input"],)
        options = {name: value for name, value in kwargs.items() if name != "input"}
        if self._show.edits:
            return _EditedSoftmax(func, after)(before(scores), *rest, **options)
        return after(func(before(scores), *rest, **options))
