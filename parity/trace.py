"""Watch a model compute: every stage's tensor, one after the other, as it is made."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from parity.stages import Point

Emit = Callable[[str, Tensor], None]

_SOFTMAXES = {torch.nn.functional.softmax, torch.softmax, Tensor.softmax}


@contextmanager
def tapped(model: nn.Module, points: Mapping[str, Point], emit: Emit) -> Iterator[None]:
    """While inside, call `emit(stage, tensor)` for each point a forward pass comes by.

    The tensor is the model's own: who keeps it beyond the call must clone it. A module that
    returns a tuple is represented by its first tensor.
    """
    modules = dict(model.named_modules())
    softmax = _SoftmaxWatch(emit)
    with ExitStack() as stack:
        for stage, point in points.items():
            module = modules[point.module]
            if point.side in ("scores", "probabilities"):
                softmax.watch(module, stage, point.side, stack)
            elif point.side == "in":
                handle = module.register_forward_pre_hook(
                    lambda _module, args, stage=stage: emit(stage, args[0])
                )
                stack.callback(handle.remove)
            else:
                handle = module.register_forward_hook(
                    lambda _module, _args, output, stage=stage: emit(stage, _first(output))
                )
                stack.callback(handle.remove)
        stack.enter_context(softmax)
        yield


def _first(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]


class _SoftmaxWatch(TorchFunctionMode):
    """Sees the softmax called inside an attention module, whoever wrote that module."""

    def __init__(self, emit: Emit) -> None:
        super().__init__()
        self.emit = emit
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
        output = func(*args, **kwargs)
        if func in _SOFTMAXES and self.inside:
            stages = self.stages[self.inside[-1]]
            for side, tensor in (("scores", args[0]), ("probabilities", output)):
                if side in stages:
                    self.emit(stages[side], tensor)
        return output


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
