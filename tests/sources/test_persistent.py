"""The persistent microphone as a state machine, with a simulated clock and simulated microphones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest

from edge_ser.audio import Block
from edge_ser.errors import (
    EdgeSerError,
    MicrophoneBusy,
    MicrophoneLost,
    NoMicrophone,
    PyAudioMissing,
    UnknownMicrophone,
    UnsupportedRate,
)
from edge_ser.sources.persistent import (
    FIRST_REOPENING,
    FIRST_RETRY,
    LAST_REOPENING,
    LAST_RETRY,
    PersistentMicrophone,
)

RNG = np.random.default_rng(5)
SOUND = RNG.normal(0, 100, 1_600).astype(np.int16)


class World:
    """The simulated time, microphone and mute switch."""

    def __init__(self) -> None:
        self.now = 0.0
        self.mute_reason: str | None = None
        self.refusal: EdgeSerError | None = None  # why a microphone cannot be opened
        self.delivers: Any = SOUND
        self.cards = 0
        self.openings: list[float] = []
        self.open = 0

    def sleep(self, seconds: float) -> None:
        assert self.open == 0, "it sleeps while the microphone is open"
        self.now += seconds

    def microphone(self, wait: bool = True) -> PersistentMicrophone:
        return PersistentMicrophone(
            lambda: Fake(self),  # type: ignore[arg-type,return-value]
            lambda: self.mute_reason,
            wait,
            clock=lambda: self.now,
            sleep=self.sleep,
            cards=lambda: self.cards,
        )


class Fake:
    """A microphone that behaves as the world prescribes."""

    name = "USB PnP"

    def __init__(self, world: World) -> None:
        self._world = world

    def __enter__(self) -> Fake:
        self._world.openings.append(self._world.now)
        if self._world.refusal:
            raise self._world.refusal
        self._world.open += 1
        return self

    def __exit__(self, *exc: object) -> None:
        self._world.open -= 1

    def blocks(self) -> Iterator[Block]:
        while not self._world.refusal:
            self._world.now += 0.1
            yield Block(self._world.delivers)
        raise MicrophoneLost("it vanished")


def take(blocks: Iterator[Block], count: int) -> tuple[list[tuple[str, str]], int]:
    """Return the notices of a number of blocks, and how many of these have sound."""
    taken = list(islice(blocks, count))
    return [(b.notice.status, b.notice.message) for b in taken if b.notice], sum(b.samples.size > 0 for b in taken)


def test_blocks_are_passed_on() -> None:
    world = World()
    with world.microphone() as microphone:
        blocks = microphone.blocks()
        assert take(blocks, 11) == ([("listening", "listening to USB PnP")], 10)
        assert world.open == 1
    assert world.open == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NoMicrophone("none"), "no-microphone"),
        (UnknownMicrophone("none"), "no-microphone"),
        (MicrophoneBusy("none"), "device-busy"),
        (UnsupportedRate("none"), "error"),
    ],
)
def test_waiting_is_reported_once_and_then_ends(error: EdgeSerError, status: str) -> None:
    world = World()
    world.refusal = error
    blocks = world.microphone().blocks()
    assert take(blocks, 1000) == ([(status, "none; waiting for it")], 0)
    world.refusal = None
    notices, _ = take(blocks, int(LAST_RETRY / 0.25) + 2)
    assert notices == [("listening", "listening to USB PnP")]


def test_retries_become_rarer_but_never_stop() -> None:
    world = World()
    world.refusal = NoMicrophone("none")
    take(world.microphone().blocks(), 4000)
    gaps = np.diff(world.openings)
    assert gaps[0] == FIRST_RETRY
    assert (np.diff(gaps) >= 0).all()
    assert gaps[-1] == LAST_RETRY
    assert len(gaps) > 30


def test_empty_blocks_come_while_it_waits() -> None:
    world = World()
    world.refusal = NoMicrophone("none")
    for before, _ in zip(iter(lambda: world.now, None), world.microphone().blocks(), strict=False):
        assert world.now - before <= 0.25
        if world.now > 100:
            break


def test_a_new_sound_card_is_tried_soon() -> None:
    world = World()
    world.refusal = NoMicrophone("none")
    blocks = world.microphone().blocks()
    take(blocks, 1000)
    world.refusal, world.cards = None, 1
    since = world.now
    take(blocks, 4)
    assert world.open == 1
    assert world.now - since < 1.2


def test_a_microphone_comes_back_after_unplugging() -> None:
    world = World()
    blocks = world.microphone().blocks()
    take(blocks, 200)
    world.refusal = MicrophoneLost("it vanished")
    assert take(blocks, 50)[0] == [("device-lost", "it vanished; waiting for it")]
    assert world.open == 0
    world.refusal, world.cards = None, 1
    notices, sound = take(blocks, 50)
    assert notices == [("listening", "listening to USB PnP")]
    assert sound > 40


def test_a_loose_contact_is_not_retried_faster() -> None:
    world = World()
    blocks = world.microphone().blocks()
    for _ in range(8):
        while not world.open:
            next(blocks)
        take(blocks, 5)
        world.refusal = MicrophoneLost("it vanished")
        take(blocks, 2)
        world.refusal = None
    assert np.diff(world.openings)[-1] > 10


@pytest.mark.parametrize("error", [NoMicrophone, MicrophoneLost, MicrophoneBusy])
def test_without_waiting_an_error_is_raised(error: type[EdgeSerError]) -> None:
    world = World()
    world.refusal = error("no")
    with pytest.raises(error):
        take(world.microphone(wait=False).blocks(), 1)


def test_errors_that_waiting_cannot_fix_are_raised() -> None:
    world = World()
    world.refusal = PyAudioMissing("no")
    with pytest.raises(PyAudioMissing):
        take(world.microphone().blocks(), 1)


# Muted ---------------------------------------------------------------------------------------------------------------


def test_muting_closes_the_microphone_at_once() -> None:
    world = World()
    blocks = world.microphone().blocks()
    take(blocks, 20)
    world.mute_reason = "muted"
    assert take(blocks, 100) == ([("muted", "muted")], 0)
    assert world.open == 0
    world.mute_reason = None
    assert take(blocks, 20) == ([("listening", "listening to USB PnP")], 19)


def test_muted_from_the_start_it_stays_closed() -> None:
    world = World()
    world.mute_reason = "quiet hours until 07:00"
    assert take(world.microphone(wait=False).blocks(), 100)[0] == [("muted", "quiet hours until 07:00")]
    assert world.openings == []


def test_muting_stops_retries() -> None:
    world = World()
    world.refusal = NoMicrophone("none")
    blocks = world.microphone().blocks()
    take(blocks, 100)
    world.mute_reason = "muted"
    tries = len(world.openings)
    assert ("muted", "muted") in take(blocks, 500)[0]
    assert len(world.openings) == tries


def test_a_new_mute_reason_is_reported() -> None:
    world = World()
    world.mute_reason = "muted until 22:00"
    blocks = world.microphone().blocks()
    take(blocks, 5)
    world.mute_reason = "quiet hours until 07:00"
    assert take(blocks, 5)[0] == [("muted", "quiet hours until 07:00")]


# Deaf ----------------------------------------------------------------------------------------------------------------


def test_deafness_and_recovery_are_reported() -> None:
    world = World()
    blocks = world.microphone().blocks()
    take(blocks, 20)
    world.delivers = np.zeros(1_600, np.int16)
    (notice,), sound = take(blocks, 200)
    assert notice[0] == "deaf"
    assert sound == 199
    world.delivers = RNG.normal(0, 100, 1_600).astype(np.int16)
    assert [status for status, _ in take(iter(alive(world, blocks)), 40)[0]] == ["recovered"]


def alive(world: World, blocks: Iterator[Block]) -> Iterator[Block]:
    for block in blocks:
        world.delivers = RNG.normal(0, 100, 1_600).astype(np.int16)
        yield block


def test_a_deaf_microphone_is_reopened_ever_more_rarely() -> None:
    world = World()
    world.delivers = np.zeros(1_600, np.int16)
    notices, _ = take(world.microphone().blocks(), 36_000)  # an hour
    gaps = np.diff(world.openings)
    assert gaps[0] == pytest.approx(FIRST_REOPENING, abs=15)
    assert gaps[-1] == pytest.approx(LAST_REOPENING, abs=15)
    assert (np.diff(gaps) >= -0.2).all()
    assert [status for status, _ in notices[:4]] == ["listening", "deaf", "listening", "deaf"]


def test_without_waiting_a_deaf_microphone_stays_open() -> None:
    world = World()
    world.delivers = np.zeros(1_600, np.int16)
    take(world.microphone(wait=False).blocks(), 3_000)
    assert len(world.openings) == 1


def test_a_reopened_microphone_starts_healthy() -> None:
    world = World()
    world.delivers = np.zeros(1_600, np.int16)
    blocks = world.microphone().blocks()
    assert "deaf" in dict(take(blocks, 200)[0])
    world.mute_reason = "muted"
    take(blocks, 2)
    world.mute_reason = None
    assert "deaf" in dict(take(blocks, 200)[0])
