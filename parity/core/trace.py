"""Watch a model compute: every stage's tensor, one after the other, as it is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain, cycle
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode, handle_torch_function

from parity.core.first_tensor import first_tensor, with_tensor
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
    places: dict[tuple[nn.Module, str], dict[str, list[_Named]]] = {}
    with ExitStack() as stack:
        for name, stage in stages.items():
            module = model.get_submodule(stage.module)
            if stage.side in ("scores", "probabilities"):
                softmax.watch(module, name, stage, stack)
            else:
                paths = places.setdefault((module, stage.side), {})
                paths.setdefault(stage.module, []).append((name, stage))
        for (module, side), paths in places.items():
            tap = _Tap(show, list(paths.values()))
            if side == "in":
                handle = module.register_forward_pre_hook(
                    tap.before, prepend=edits, with_kwargs=True
                )
            else:
                handle = module.register_forward_hook(tap.after, prepend=edits)
            stack.callback(handle.remove)
        if softmax.watches:  # torch's fused layers notice a mode, and compute another way under one
            stack.enter_context(softmax)
        yield


_Named = tuple[str, Stage]
_Sides = dict[str, list[_Named]]  # scores and probabilities


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
        """Whether each number has a place of its own, and none is a weight."""
        repeated = 0 in (
            step for step, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1
        )
        return not repeated and tensor.untyped_storage().data_ptr() not in self._weights

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


class _Tap:
    """A module's hooks.

    Args:
        show: shows a tensor as stages.
        turns: the stages of the first call, of the second, and so on.
    """

    def __init__(self, show: _Show, turns: Sequence[Sequence[_Named]]) -> None:
        self._show = show
        self._turns = cycle(turns)

    def before(self, _module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        if args:
            return (self._shown(args[0]), *args[1:]), kwargs
        (name, value), *_ = kwargs.items()
        return args, {**kwargs, name: self._shown(value)}

    def after(self, _module: nn.Module, _args: Any, output: Any) -> Any:
        return self._shown(output)

    def _shown(self, value: Any) -> Any:
        place, tensor = (None, value) if isinstance(value, Tensor) else first_tensor(value)
        shown = self._show(tensor, next(self._turns))
        if shown is tensor:
            return value
        return shown if value is tensor else with_tensor(value, place, shown)


@dataclass(frozen=True, eq=False)
class _EditedSoftmax:
    """A softmax whose result is edited before any of those who watch from outside sees it."""

    softmax: Callable[..., Tensor]
    show: _Show
    stages: Mapping[str, Sequence[_Named]]

    def __call__(self, scores: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if torch._C._is_torch_function_mode_enabled():
            made: Tensor = handle_torch_function(self, (scores,), scores, *args, **kwargs)
            return made
        made = self.softmax(scores, *args, **kwargs)
        return self.show(made, self.stages.get("probabilities", ()))


class _SoftmaxWatch(TorchFunctionMode):
    """Sees the softmax called inside an attention module, whoever wrote that module."""

    def __init__(self, show: _Show) -> None:
        super().__init__()
        self.show = show
        self._paths: dict[nn.Module, dict[str, _Sides]] = {}  # one after the other, call by call
        self._turns: dict[nn.Module, Iterator[_Sides]] = {}
        self.inside: list[_Sides] = []

    def watch(self, module: nn.Module, name: str, stage: Stage, stack: ExitStack) -> None:
        if module not in self._paths:
            self._paths[module] = {}
            enter = module.register_forward_pre_hook(self._enter)
            leave = module.register_forward_hook(
                lambda *_: self.inside.pop() and None, always_call=True
            )
            stack.callback(enter.remove)
            stack.callback(leave.remove)
        sides = self._paths[module].setdefault(stage.module, {})
        sides.setdefault(stage.side, []).append((name, stage))

    @property
    def watches(self) -> bool:
        return bool(self._paths)

    def _enter(self, module: nn.Module, _args: Any) -> None:
        turns = self._turns.setdefault(module, cycle(self._paths[module].values()))
        self.inside.append(next(turns))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if not (func in _SOFTMAXES or isinstance(func, _EditedSoftmax)) or not self.inside:
            return func(*args, **kwargs)
        stages = self.inside[-1]
        scores, *rest = args or (kwargs["input"],)
        options = {name: value for name, value in kwargs.items() if name != "input"}
        scores = self.show(scores, stages.get("scores", ()))
        if self.show.edits:
            return _EditedSoftmax(func, self.show, stages)(scores, *rest, **options)
        probabilities = func(scores, *rest, **options)
        return self.show(probabilities, stages.get("probabilities", ()))
