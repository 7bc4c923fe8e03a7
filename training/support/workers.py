"""Worker processes that end with their parent, however it ends, and whose end is said."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any

from edge_ser.errors import EdgeSerError

_tell: Callable[[int], object] = id


def tell(count: int) -> None:
    """In a worker: say that so many units of work more are done."""
    _tell(count)


class _Process(SpawnProcess):
    """Begins with SIGINT blocked: Ctrl-C reaches the whole group, and a worker that still loads has no answer to it."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def pool(jobs: int, told: Callable[[int], object] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes.

    Args:
        jobs: How many.
        told: Called, in a thread, with what workers pass to :func:`tell`.

    Raises:
        EdgeSerError: a worker was ended from outside.
    """
    # Not forked: a process that has TensorFlow's threads may not be.
    context = _Context()
    queue, stop = context.SimpleQueue(), context.Event()
    listener = threading.Thread(target=_listen, args=(queue, told), daemon=True)
    listener.start()
    executor = ProcessPoolExecutor(jobs, context, _start, (queue, stop))
    try:
        yield executor
    except BrokenProcessPool:
        raise EdgeSerError(
            "a worker process was ended, perhaps for lack of memory; run the same command again to go on"
        ) from None
    except BaseException:
        stop.set()  # an error or Ctrl-C: what is still running would be waited for
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        queue.put(None)
        listener.join()


def _listen(queue: Any, told: Callable[[int], object] | None) -> None:
    while (count := queue.get()) is not None:
        if told is not None:
            told(count)


def _start(queue: Any, stop: Any) -> None:
    global _tell
    _tell = queue.put
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with, args=(stop.wait,), daemon=True).start()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.join,), daemon=True).start()


def _end_with(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)
