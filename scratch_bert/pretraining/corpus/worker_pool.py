"""Work that is done by several processes, a little ahead of who waits for it."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

from scratch_bert.errors import CorpusError

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2  # items for each process that are read before they are asked for


def mapped(work: Callable[[T], R], items: Iterable[T], processes: int) -> Iterator[tuple[T, R]]:
    """Yield items in their order, each with what becomes of it; few are held at a time.

    Args:
        work: goes to each process once; it and what it returns can be pickled.
        items: are read as they are needed.
        processes: 1 is this one.

    Raises:
        CorpusError: a process was killed.
    """
    if processes == 1:
        for item in items:
            yield item, work(item)
        return
    # New ones, since a fork of this one would have a copy of all that torch and others hold.
    spawn = get_context("spawn")
    pool = ProcessPoolExecutor(processes, spawn, initializer=_begin, initargs=(work,))
    waiting: deque[tuple[T, Future[Any]]] = deque()
    try:
        for item in items:
            try:
                waiting.append((item, pool.submit(_do, item)))
            except OSError:  # a process died while another one was being started
                raise BrokenProcessPool from None
            if len(waiting) > _AHEAD * processes:
                item, future = waiting.popleft()
                yield item, future.result()
        for item, future in waiting:
            yield item, future.result()
    except BrokenProcessPool:
        why = "a process that worked on the corpus was killed, perhaps for memory: try fewer"
        raise CorpusError(why) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Any], Any]) -> None:
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to answer
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for nobody who was killed."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do(item: Any) -> Any:
    return _work(item)


_work: Callable[[Any], Any]
