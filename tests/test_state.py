"""The state of a service, derived from its events."""

from __future__ import annotations

from datetime import datetime, timezone

from hypothesis import given
from hypothesis import strategies as st

from edge_ser.events import FAULTS, STATES, STATUSES, EmotionEvent, Event, StatusEvent
from edge_ser.state import MICROPHONE_STATES, ServiceState

NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
STATUS_EVENTS = st.builds(StatusEvent, st.just(NOW), st.sampled_from(STATUSES), st.text(max_size=3), st.just(0.0))
LABELS = st.builds(
    EmotionEvent, st.just(NOW), st.just(1), st.booleans(), st.just(0.0), st.just(1.0), st.just("anger"), st.just(0.9),
    st.just({"anger": 0.9}),
)  # fmt: skip


def status(name: str, message: str = "") -> StatusEvent:
    return StatusEvent(NOW, name, message, 0.0)


def label(final: bool = True) -> EmotionEvent:
    return EmotionEvent(NOW, 1, final, 0.0, 1.0, "anger", 0.9, {"anger": 0.9})


def after(*events: Event) -> ServiceState:
    state = ServiceState()
    for event in events:
        state = state.after(event)
    return state


def test_a_fault_lasts_until_recovery_or_a_new_state() -> None:
    listening, deaf = status("listening", "to a"), status("deaf", "zeros")
    assert after(listening, deaf, label()).fault == deaf
    assert after(listening, deaf).reported == [listening, deaf]
    assert after(listening, deaf, status("recovered")).reported == [listening]
    gone = status("device-lost")
    assert after(listening, deaf, gone).reported == [gone]


def test_the_microphone_s_state_follows_the_events() -> None:
    assert after().microphone is None
    recovered = after(status("listening", "to a"), status("clipping"), status("recovered", "fine")).microphone
    assert recovered is not None
    assert (recovered.status, recovered.message) == ("listening", "fine")


def test_muted_is_unknown_until_an_event_implies_it() -> None:
    assert after(label()).muted is None
    assert after(status("muted")).muted is True
    assert after(status("muted"), status("error")).muted is True
    for name in ("listening", "no-microphone", "device-lost", "device-busy", "recovered"):
        assert after(status("muted"), status(name)).muted is False


def test_a_label_implies_listening() -> None:
    assert after().name == "unknown"
    assert after(label(final=False)).name == "listening"
    assert after(status("muted"), label()).name == "listening"
    assert after(status("muted"), label()).message == ""


def test_speaking_ends_with_the_final_label_or_when_muted() -> None:
    assert after(label(final=False)).speaking
    assert not after(label(final=False), label()).speaking
    assert not after(label(final=False), status("muted")).speaking
    assert after(label(final=False), status("overflow")).speaking


@given(st.lists(STATUS_EVENTS | LABELS))
def test_there_is_one_state_and_at_most_one_fault(events: list[Event]) -> None:
    state = after(*events)
    assert state.name in (*STATES, "unknown")
    assert state.fault is None or state.fault.status in FAULTS
    assert state.microphone is None or state.microphone.status in MICROPHONE_STATES
    names = [event.status for event in events if isinstance(event, StatusEvent)]
    assert (state.overflows, state.dropped) == (names.count("overflow"), names.count("dropped"))
    assert state.utterances == sum(isinstance(event, EmotionEvent) and event.final for event in events)


def test_a_microphone_is_in_a_state_or_has_a_fault() -> None:
    assert set(MICROPHONE_STATES) == {*STATES, *FAULTS}
    assert len(MICROPHONE_STATES) == len(set(MICROPHONE_STATES))
