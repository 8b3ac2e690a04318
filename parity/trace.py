"""Watch a model compute: every stage's tensor, one after the other, as it is made."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import fields, is_dataclass, replace
from itertools import chain, cycle
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from parity.errors import CandidateError
from parity.stages import Stage

Emit = Callable[[str, Tensor], None]
Visit = Callable[[str, Tensor], Tensor | None]

_SOFTMAXES = {torch.nn.functional.softmax, torch.softmax, Tensor.softmax}


@contextmanager
def tapped(model: nn.Module, stages: Mapping[str, Stage], visit: Visit) -> Iterator[None]:
    """While inside, call `visit(name, tensor)` for each stage a forward pass comes by.

    The tensor is the model's own: who keeps it beyond the call must clone it. If the call returns
    numbers, they are written into it, so that all who use it go on with them. A module that returns
    a tuple, a mapping or a dataclass is represented by its first tensor. One that several paths
    lead to stands for them in turn, call by call.
    """
    softmax = _SoftmaxWatch(visit)
    places: dict[tuple[nn.Module, str], dict[str, list[_Named]]] = {}
    with ExitStack() as stack:
        for name, stage in stages.items():
            module = model.get_submodule(stage.module)
            if stage.side in ("scores", "probabilities"):
                softmax.watch(module, name, stage.side, stack)
            else:
                paths = places.setdefault((module, stage.side), {})
                paths.setdefault(stage.module, []).append((name, stage))
        for (module, side), paths in places.items():
            tap = _Tap(visit, list(paths.values()), model)
            if side == "in":
                handle = module.register_forward_pre_hook(tap.before, with_kwargs=True)
            else:
                handle = module.register_forward_hook(tap.after)
            stack.callback(handle.remove)
        if softmax.stages:  # torch's fused layers notice a mode, and compute another way under one
            stack.enter_context(softmax)
        yield


_Named = tuple[str, Stage]


class _Tap:
    """A module's hooks.

    Args:
        visit: is shown each stage's tensor.
        turns: the stages of the first call, of the second, and so on.
        model: whose weights are not written to.
    """

    def __init__(self, visit: Visit, turns: Sequence[Sequence[_Named]], model: nn.Module) -> None:
        self._visit = visit
        self._turns = cycle(turns)
        self._model = model

    def before(self, _module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        if args:
            return (self._seen(args[0]), *args[1:]), kwargs
        (name, value), *_ = kwargs.items()
        return args, {**kwargs, name: self._seen(value)}

    def after(self, _module: nn.Module, _args: Any, output: Any) -> Any:
        return self._seen(output)

    def _seen(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            return self._visited(value)
        place, tensor = _first_tensor(value)
        seen = self._visited(tensor)
        return value if seen is tensor else _with(value, place, seen)

    def _visited(self, tensor: Tensor) -> Tensor:
        for name, stage in next(self._turns):
            put = self._visit(name, stage.of(tensor))
            if put is not None:
                tensor = tensor if self._may_write(tensor) else tensor.clone()
                part = stage.of(tensor)
                if part.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr():
                    part.copy_(put)
        return tensor

    def _may_write(self, tensor: Tensor) -> bool:
        """Whether each number has a place of its own, and none is a weight."""
        repeated = 0 in (
            step for step, n in zip(tensor.stride(), tensor.shape, strict=True) if n > 1
        )
        return not repeated and not any(
            tensor.untyped_storage().data_ptr() == weight.untyped_storage().data_ptr()
            for weight in chain(self._model.parameters(), self._model.buffers())
            if not is_lazy(weight)
        )


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


def _with(value: Any, place: Any, tensor: Tensor) -> Any:
    """Return a copy of a collection with another tensor in one place."""
    if isinstance(value, Mapping):
        changed: Any = copy(value)
        changed[place] = tensor
        return changed
    if is_dataclass(value):
        return replace(value, **{place: tensor})  # type: ignore[type-var]
    items = (*value[:place], tensor, *value[place + 1 :])
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


class _SoftmaxWatch(TorchFunctionMode):
    """Sees the softmax called inside an attention module, whoever wrote that module."""

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self.visit = visit
        self.stages: dict[nn.Module, dict[str, str]] = {}
        self.inside: list[nn.Module] = []

    def watch(self, module: nn.Module, stage: str, side: str, stack: ExitStack) -> None:
        if module not in self.stages:
            self.stages[module] = {}
            enter = module.register_forward_pre_hook(lambda m, _args: self.inside.append(m))
            leave = module.register_forward_hook(
                lambda *_: self.inside.pop() and None, always_call=True
            )
            stack.callback(enter.remove)
            stack.callback(leave.remove)
        self.stages[module][side] = stage

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func not in _SOFTMAXES or not self.inside:
            return func(*args, **kwargs)
        stages = self.stages[self.inside[-1]]
        scores = self._visited(stages.get("scores"), args[0])
        return self._visited(stages.get("probabilities"), func(scores, *args[1:], **kwargs))

    def _visited(self, stage: str | None, tensor: Tensor) -> Tensor:
        put = None if stage is None else self.visit(stage, tensor)
        return tensor if put is None else put


class _ClosedError(Exception):
    """Raised inside a stream's thread when nobody listens any more."""


def stream(run: Callable[[Emit], None]) -> Iterator[tuple[str, Tensor]]:
    """Turn a function that emits tensors into an iterator over them.

    `run` works in a thread of its own, but never at the same time as the caller: it goes on to the
    next tensor when that is asked for. So a tensor is valid until the next one is asked for, and no
    more than one is held. What `run` raises is raised here.
    """
    go, done = threading.Semaphore(0), threading.Semaphore(0)
    slot: list[tuple[str, Tensor]] = []
    error: list[BaseException] = []
    closed = threading.Event()
    grad = torch.is_grad_enabled()

    def emit(name: str, tensor: Tensor) -> None:
        slot.append((name, tensor))
        done.release()
        go.acquire()
        if closed.is_set():
            raise _ClosedError

    def work() -> None:
        go.acquire()
        try:
            if not closed.is_set():
                with torch.set_grad_enabled(grad):  # the switch is the thread's own
                    run(emit)
        except _ClosedError:
            pass
        except BaseException as raised:
            error.append(raised)
        finally:
            done.release()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            go.release()
            done.acquire()
            if not slot:
                break
            yield slot.pop()
        if error:
            raise error[0]
    finally:
        closed.set()
        go.release()
        thread.join()
