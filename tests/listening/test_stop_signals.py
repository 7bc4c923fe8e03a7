"""A signal ends the process even if it hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

WITHIN_C = """
import ctypes, sys
from edge_ser.listening.stop_signals import StopSignals
libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(64)
with StopSignals() as signals:
    print("ready", flush=True)
    libc.pthread_mutex_lock(mutex)
    libc.pthread_mutex_lock(mutex)  # deadlocks and ignores signals
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_hanging_library(number: signal.Signals, status: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WITHIN_C], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            time.sleep(0.5)
            process.send_signal(number)
            assert process.wait(timeout=10) == status
        finally:
            process.kill()
