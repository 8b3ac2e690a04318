"""A function that emits tensors as an iterator over them, so that two models can run in step."""

import threading
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Emit = Callable[[str, Tensor], None]


class _ClosedError(Exception):
    """Raised inside a stream's thread when nobody listens any more."""


def stream(run: Callable[[Emit], None]) -> Iterator[tuple[str, Tensor]]:
    """Turn a function that emits tensors into an iterator over them.

    `run` works in a thread of its own, but never at the same time as the caller: it goes on to the
    next tensor when that is asked for. So a tensor is valid until the next one is asked for, and no
    more than one is held. What `run` raises is raised here. It draws random numbers as if it were
    alone: from the state in which torch's generator is when the first tensor is asked for.
    """
    go, done = threading.Semaphore(0), threading.Semaphore(0)
    slot: list[tuple[str, Tensor]] = []
    error: list[BaseException] = []
    closed = threading.Event()
    grad, inside = torch.is_grad_enabled(), torch.get_rng_state()

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
            outside = torch.get_rng_state()
            torch.set_rng_state(inside)
            go.release()
            done.acquire()
            inside = torch.get_rng_state()
            torch.set_rng_state(outside)
            if not slot:
                break
            yield slot.pop()
        if error:
            raise error[0]
    finally:
        closed.set()
        go.release()
        thread.join()
