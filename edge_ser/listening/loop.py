"""The listening loop: passes the blocks of a source through a pipeline, one turn per block.

The command, `Listener` and the benchmark all run it; they differ in what they do with a turn's events.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import TypeAlias

from edge_ser.audio import Block, limited
from edge_ser.errors import EdgeSerError
from edge_ser.events import Event
from edge_ser.recognition.pipeline import Pipeline

Turn: TypeAlias = tuple[Iterable[Event], Block | None, bool]
"""One turn of the loop.  A plain tuple, since one is made for every block:

- the events, to be consumed completely before the next turn; they are computed while they are consumed;
- the block they follow from, ``None`` if there is none;
- whether the source has ended, so that nothing is left to be stopped.
"""


def turns(
    blocks: Iterator[Block], pipeline: Pipeline, duration: float | None = None, recording: str | None = None
) -> Generator[Turn, None, None]:
    """Yield turns until the source ends; the last event says why it ended.

    Args:
        blocks: The blocks of an open source.
        pipeline: Processes them.
        duration: How much of the stream to listen to at most, s; ``None`` is without limit.
        recording: Name of a source that is not a microphone, to be announced; a microphone announces itself.

    Raises:
        EdgeSerError: the source failed; the events until then and one for the failure have been yielded.
    """
    if recording is not None:
        yield [pipeline.status("listening", f"listening to {recording}")], None, False
    try:
        for block in limited(blocks, duration):
            yield pipeline.process(block), block, False
    except EdgeSerError as error:
        yield pipeline.finish(), None, True  # the labels until then are valid
        yield [pipeline.status(error.event_status, str(error))], None, True
        raise
    yield pipeline.finish(), None, True
    timed_out = duration is not None and pipeline.position >= duration - 1e-6
    yield [stopped(pipeline, f"{duration:g} s are over" if timed_out else "the end")], None, True


def stopped(pipeline: Pipeline, reason: str) -> Event:
    """Return the event that ends a stream.

    Args:
        pipeline: The pipeline of the stream, which knows the position.
        reason: Why it ends, for people.
    """
    return pipeline.status("stopped", f"stopped: {reason}")
