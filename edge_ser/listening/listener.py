"""Listening from Python: an iterator of events.

Example:
    The final labels of the demonstration; ``Listener(wait=True)`` listens to the default microphone without end:

    >>> from edge_ser import EmotionEvent, Listener
    >>> for event in Listener(input="demo", duration=10):
    ...     if isinstance(event, EmotionEvent) and event.final:
    ...         print(f"{event.start:.1f} s to {event.end:.1f} s: {event.label}")
    0.9 s to 5.2 s: neutral
    6.3 s to 9.0 s: neutral
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack

from edge_ser.audio import SAMPLE_RATE
from edge_ser.events import Event
from edge_ser.listening.assembly import make_pipeline, make_source
from edge_ser.listening.configuration import check
from edge_ser.listening.loop import Turn, turns
from edge_ser.settings import InputSettings, ListenSettings, MicrophoneSettings, ModelSettings


class Listener(Iterator[Event]):
    """Listens and yields the events of `edge-ser listen`: provisional and final labels, and statuses.

    The arguments are the options of the command.  A microphone is opened with the first event.  It is closed at the
    end, by :meth:`close`, at the end of a ``with`` block, and when the listener is garbage-collected, as after a
    ``break`` out of ``for event in Listener(...)``.  The mute switch applies here too.

    Example:
        >>> from edge_ser import Listener
        >>> with Listener(input="demo") as listener:
        ...     print(next(listener).status)
        ...     print(next(listener).final)
        listening
        False

    Args:
        device: Name of the microphone, a part of it that matches one only, or its index; ``None`` is the system's
            default.
        wait: Whether to wait for a microphone that is missing, busy or unplugged, instead of failing.
        input: Instead of a microphone, a recording, ``-`` for raw 16-bit PCM on standard input, or ``demo``.
        rate: Sample rate of raw PCM, Hz.
        channels: Channels of raw PCM.
        realtime: Whether to read a recording at the speed at which it was made.
        duration: How much to listen to at most, s; ``None`` is without limit.
        model: A model file; ``None`` is the shipped model.
        interpreter: ``tflite-runtime``, ``litert`` or ``tensorflow``; ``None`` is the first that is installed.

    Raises:
        EdgeSerError: an argument is not allowed, or the recording or the model cannot be used; the message says what
            to do.  During iteration: the microphone cannot be used, or the recording is damaged.
    """

    def __init__(
        self,
        *,
        device: str | int | None = None,
        wait: bool = False,
        input: str | os.PathLike[str] | None = None,
        rate: int = SAMPLE_RATE,
        channels: int = 1,
        realtime: bool = False,
        duration: float | None = None,
        model: str | os.PathLike[str] | None = None,
        interpreter: str | None = None,
    ) -> None:
        settings = check(
            ListenSettings(
                microphone=MicrophoneSettings(device, wait),
                input=InputSettings(None if input is None else os.fspath(input), rate, channels, realtime, duration),
                model=ModelSettings(None if model is None else os.fspath(model), interpreter),
            )
        )
        pipeline = make_pipeline(settings)
        self._opened = ExitStack()
        source = self._opened.enter_context(make_source(settings))
        name = None if settings.input.file is None else source.name
        self._events = self._listen(turns(source.blocks(), pipeline, settings.input.duration, name))

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Stop listening; the iterator ends."""
        self._events.close()
        self._opened.close()  # a recording is still open if no event was ever taken

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _listen(self, loop: Iterator[Turn]) -> Generator[Event, None, None]:
        with self._opened:
            for events, _, _ in loop:
                yield from events
