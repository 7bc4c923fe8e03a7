"""Worker processes that end with their parent, however it ends, and whose failure is reported."""

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

_report: Callable[[int], object] = id


def report(count: int) -> None:
    """In a worker: report that ``count`` more units of work are done."""
    _report(count)


class _Process(SpawnProcess):
    """Starts with SIGINT blocked: Ctrl-C reaches all processes, and a worker that is loading cannot handle it yet."""

    def start(self) -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            super().start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Context(SpawnContext):
    Process = _Process


@contextmanager
def pool(jobs: int, on_report: Callable[[int], object] | None = None) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes.

    Args:
        jobs: Number of processes.
        on_report: Called in a thread with each count that a worker passes to :func:`report`.

    Raises:
        EdgeSerError: a worker was killed.
    """
    # Spawned, because a process with TensorFlow's threads must not be forked.
    context = _Context()
    queue, stop = context.SimpleQueue(), context.Event()
    listener = threading.Thread(target=_listen, args=(queue, on_report), daemon=True)
    listener.start()
    executor = ProcessPoolExecutor(jobs, context, _start, (queue, stop))
    try:
        yield executor
    except BrokenProcessPool:
        raise EdgeSerError(
            "a worker process was killed, perhaps for lack of memory; run the same command again to continue"
        ) from None
    except BaseException:
        stop.set()  # after an error or Ctrl-C, do not wait for tasks that are still running
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        queue.put(None)
        listener.join()


def _listen(queue: Any, on_report: Callable[[int], object] | None) -> None:
    while (count := queue.get()) is not None:
        if on_report is not None:
            on_report(count)


def _start(queue: Any, stop: Any) -> None:
    global _report
    _report = queue.put
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    threading.Thread(target=_exit_after, args=(stop.wait,), daemon=True).start()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.join,), daemon=True).start()


def _exit_after(wait: Callable[[], object]) -> None:
    wait()
    os._exit(1)
