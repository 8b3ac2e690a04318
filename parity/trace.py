"""Watch a model compute: every stage's tensor, one after the other, as it is made."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from parity.stages import Stage

Emit = Callable[[str, Tensor], None]
Visit = Callable[[str, Tensor], Tensor | None]

_SOFTMAXES = {torch.nn.functional.softmax, torch.softmax, Tensor.softmax}


@contextmanager
def tapped(
    model: nn.Module,
    stages: Mapping[str, Stage],
    visit: Visit,
    visit_gradient: Visit | None = None,
) -> Iterator[None]:
    """While inside, call `visit(name, tensor)` for each stage a forward pass comes by.

    The tensor is the model's own: who keeps it beyond the call must clone it. If the call returns
    numbers, they are written into it, so that all who use it go on with them. A module that returns
    a tuple is represented by its first tensor. One that several paths lead to stands for them in
    turn, call by call.

    With `visit_gradient` a later backward pass calls that in the same way, also outside; what it
    returns is the gradient that goes on from there.
    """
    weights = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    show = _Show(visit, visit_gradient, weights)
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
                handle = module.register_forward_pre_hook(tap.before, with_kwargs=True)
            else:
                handle = module.register_forward_hook(tap.after)
            stack.callback(handle.remove)
        stack.enter_context(softmax)
        yield


_Named = tuple[str, Stage]


@dataclass(frozen=True)
class _Show:
    """Shows a tensor of the model as the stages in it, and writes into it what comes back.

    Attributes:
        visit: is shown each stage.
        visit_gradient: is shown each stage's gradient, when there is one.
        weights: memory that is not written to.
    """

    visit: Visit
    visit_gradient: Visit | None
    weights: Collection[int]

    def __call__(self, tensor: Tensor, named: Iterable[_Named]) -> Tensor:
        for name, stage in named:
            put = self.visit(name, stage.of(tensor))
            if put is not None:
                tensor = tensor if self._may_write(tensor) else tensor.clone()
                _write(tensor.data, stage, put)  # autograd must not see it
        if self.visit_gradient is not None and tensor.requires_grad:
            for name, stage in named:
                tensor.register_hook(partial(self._gradient, name, stage))  # type: ignore[no-untyped-call]
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
        return not repeated and tensor.untyped_storage().data_ptr() not in self.weights


def _write(tensor: Tensor, stage: Stage, put: Tensor) -> None:
    """Write a stage's numbers into its part of a tensor, if that is a part and no copy."""
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
            return (self._visited(args[0]), *args[1:]), kwargs
        (name, tensor), *_ = kwargs.items()
        return args, {**kwargs, name: self._visited(tensor)}

    def after(self, _module: nn.Module, _args: Any, output: Any) -> Any:
        if isinstance(output, Tensor):
            return self._visited(output)
        first = self._visited(output[0])
        return output if first is output[0] else type(output)((first, *output[1:]))

    def _visited(self, tensor: Tensor) -> Tensor:
        return self._show(tensor, next(self._turns))


class _SoftmaxWatch(TorchFunctionMode):
    """Sees the softmax called inside an attention module, whoever wrote that module."""

    def __init__(self, show: _Show) -> None:
        super().__init__()
        self.show = show
        self.stages: dict[nn.Module, dict[str, list[_Named]]] = {}
        self.inside: list[nn.Module] = []

    def watch(self, module: nn.Module, name: str, stage: Stage, stack: ExitStack) -> None:
        if module not in self.stages:
            self.stages[module] = {}
            enter = module.register_forward_pre_hook(lambda m, _args: self.inside.append(m))
            leave = module.register_forward_hook(
                lambda *_: self.inside.pop() and None, always_call=True
            )
            stack.callback(enter.remove)
            stack.callback(leave.remove)
        self.stages[module].setdefault(stage.side, []).append((name, stage))

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
        scores, *rest = args or (kwargs["input"],)
        options = {name: value for name, value in kwargs.items() if name != "input"}
        scores = self.show(scores, stages.get("scores", ()))
        probabilities = func(scores, *rest, **options)
        return self.show(probabilities, stages.get("probabilities", ()))


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
