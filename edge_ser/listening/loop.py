"""The one loop: blocks of a source go through a pipeline and come out as events, a turn for each block.

The command, `Listener` and the benchmark all run it; they differ in what they do with the events of a turn.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from edge_ser.audio import Block, limited
from edge_ser.errors import EdgeSerError
from edge_ser.events import Event
from edge_ser.recognition.pipeline import Pipeline


class Turn(NamedTuple):
    """One turn of the loop.

    Attributes:
        events: What follows from the block, to be taken completely before the next turn; made while they are taken.
        block: What was heard; ``None`` when there was no block.
        ended: Whether the source has ended, so that nothing is left to be stopped.
    """

    events: Iterable[Event]
    block: Block | None = None
    ended: bool = False


def turns(
    blocks: Iterator[Block], pipeline: Pipeline, duration: float | None = None, recording: str | None = None
) -> Generator[Turn, None, None]:
    """Yield turns until the source ends; the last one says that it has.

    Args:
        blocks: Of an open source.
        pipeline: What they go through.
        duration: How much of the stream is listened to at most, s; ``None`` is without limit.
        recording: Name of a source that is no microphone, to be announced; a microphone announces itself.

    Raises:
        EdgeSerError: the source failed; what was heard until then and the failure have been yielded.
    """
    if recording is not None:
        yield Turn([pipeline.status("listening", f"listening to {recording}")])
    try:
        for block in limited(blocks, duration):
            yield Turn(pipeline.process(block), block)
    except EdgeSerError as error:
        yield Turn(pipeline.finish(), ended=True)  # what was heard until then is true
        yield Turn([pipeline.status(error.event_status, str(error))], ended=True)
        raise
    yield Turn(pipeline.finish(), ended=True)
    over = duration is not None and pipeline.position >= duration - 1e-6
    yield Turn([stopped(pipeline, f"{duration:g} s are over" if over else "the end")], ended=True)


def stopped(pipeline: Pipeline, reason: str) -> Event:
    """Return the event that ends a stream."""
    return pipeline.status("stopped", f"stopped: {reason}")
