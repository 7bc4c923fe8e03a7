"""Robustness is measured on strangers, in noises and rooms of no training, alike each time, and counted right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from click.testing import CliRunner

from edge_ser.errors import EdgeSerError
from edge_ser.events import EmotionEvent, StatusEvent, utc_now
from edge_ser.model.bundle import Bundle, read_bundle
from edge_ser.model.interpreter import choose_interpreter
from tests.training import voices
from training.augmentation import reverb, synthetic_noise
from training.commands import robustness as commands
from training.corpora import Clip
from training.data.dataset import Dataset, load
from training.data.protocols import noise_split
from training.robustness import conditions as robustness_of
from training.robustness import non_speech, steadiness
from training.robustness.conditions import CLEAN, CONDITIONS, Condition
from training.settings import AugmentSettings, DataSettings

Int16 = npt.NDArray[np.int16]

RATE = 16_000
DIGEST = "0123abcd"


@pytest.fixture
def place(tmp_path: Path, work: list[Any]) -> Path:
    """Four speakers with a recording of either label, and eight noises."""
    voices.corpus(tmp_path / "data" / "mine", speakers=4, labels=("angry", "neutral"))
    (tmp_path / "data" / "noise").mkdir()
    for number in range(8):
        hiss = np.random.default_rng(number).normal(0, 2_000, RATE).astype(np.int16)
        soundfile.write(tmp_path / "data" / "noise" / f"esc10_rain_1-{number}-A.wav", hiss, RATE)
    return tmp_path


def dataset_of(place: Path) -> Dataset:
    settings = DataSettings(("mine",), (), "all", sounds=0)
    return load(place / "data", settings, AugmentSettings(copies=0), place / "cache", 1, [].append)


def model(*learned_from: str) -> Bundle:
    return replace(read_bundle(), card={"learned_from": list(learned_from)})


def conditions(place: Path, bundle: Bundle) -> dict[str, Any]:
    return robustness_of.measure(bundle, dataset_of(place), place / "cache", 1, ["conditions"])


def event(label: str, final: bool = False) -> EmotionEvent:
    return EmotionEvent(utc_now(), 1, final, 0.0, 1.0, label, 0.5, {})


# Who and what is heard -----------------------------------------------------------------------------------------------


def test_a_speaker_that_the_model_learned_from_is_never_judged(place: Path, work: list[Any]) -> None:
    dataset = dataset_of(place)
    work.clear()
    found = conditions.measure(model("mine/s0", "mine/s2"), dataset, place / "cache", 1, ["conditions"])
    assert {clip.speaker for _, clip, _ in work} == {"mine/s1", "mine/s3"} == set(found["data"]["speakers"])
    assert len(work) == 4 * (len(CONDITIONS) - 1)
    assert found["data"]["speakers_it_learned_from"] == ["mine/s0", "mine/s2"]


def test_a_model_that_learned_from_everybody_is_refused(place: Path) -> None:
    with pytest.raises(EdgeSerError, match="learned from all speakers"):
        conditions(place, model(*(f"mine/s{n}" for n in range(4))))


def test_a_model_that_does_not_say_whom_it_learned_from_is_warned_of(place: Path) -> None:
    assert any("does not say whom" in line for line in conditions(place, model())["data"]["warnings"])


def test_no_training_noise_and_no_training_room_is_used(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, read, real = [], [], conditions.read_samples
    responses = reverb.bank(2, reverb.HELD_OUT_SEED)

    def bank(folder: Path, count: int, seed: int) -> list[npt.NDArray[np.float32]]:
        asked.append(seed)
        return responses

    def noted(path: Path) -> Int16:
        read.append(path)
        return real(path)

    conditions._noise_of.cache_clear()
    conditions._responses.cache_clear()
    monkeypatch.setattr(reverb, "load", bank)
    monkeypatch.setattr(conditions, "read_samples", noted)
    conditions(place, model("mine/s0"))
    conditions._responses.cache_clear()
    assert set(asked) == {reverb.HELD_OUT_SEED}
    test = {clip.path for clip in noise_split(dataset_of(place).noise).test}
    assert {path for path in read if "noise" in path.parts} <= test
    assert any(path in test for path in read)


def test_without_noises_nothing_is_measured(place: Path) -> None:
    for path in (place / "data" / "noise").iterdir():
        path.unlink()
    (place / "data" / "noise").rmdir()
    with pytest.raises(EdgeSerError, match="no noises to test with"):
        conditions(place, model("mine/s0"))


# Conditions ----------------------------------------------------------------------------------------------------------


def test_figures_are_the_same_twice_stored_or_not(place: Path, work: list[Any]) -> None:
    first = conditions(place, model("mine/s0"))
    made = len(work)
    assert conditions(place, model("mine/s0")) == first
    assert len(work) == made, "the second time the features are there"
    again = dataset_of(place)
    assert conditions.measure(model("mine/s0"), again, place / "other", 1, ["conditions"]) == first
    assert list(first["conditions"]) == [condition.name for condition in CONDITIONS]
    for figures in first["conditions"].values():
        assert set(figures) == {"uar", "difference", "no_speech", "per_corpus"}
        assert figures["difference"] == pytest.approx(100 * (figures["uar"] - first["conditions"]["clean"]["uar"]))


def changed(condition: Condition, noise: Int16 | None = None) -> Int16:
    hiss = np.random.default_rng(1).normal(0, 500, RATE).astype(np.int16) if noise is None else noise
    responses = reverb.bank(3, reverb.HELD_OUT_SEED)
    return conditions.change(voices.babble("a"), DIGEST, condition, hiss, responses)


def test_noise_stands_as_far_below_the_voice_as_the_condition_says() -> None:
    noise = changed(Condition("n", snr=10.0)).astype(float) - changed(CLEAN)
    power = conditions.speech_power(voices.babble("a").astype(float))
    assert 10 * np.log10(power / (noise**2).mean()) == pytest.approx(10, abs=0.3)
    assert noise[:4_000].std() > 0.5 * noise.std(), "it is there before the voice is"


def test_pauses_do_not_count_as_voice() -> None:
    voice = 3_000 * np.sin(np.arange(RATE) / 5)
    with_pauses = np.concatenate((np.zeros(RATE), voice, np.ones(RATE)))
    assert conditions.speech_power(with_pauses) == pytest.approx((voice**2).mean(), rel=0.01)


def test_gain_changes_all_that_is_heard_and_clips_at_full_scale() -> None:
    clean = changed(CLEAN).astype(float)
    assert np.abs(changed(Condition("g", gain=-12.0)) - clean * 10 ** (-12 / 20)).max() <= 0.5
    loud = changed(Condition("g", gain=12.0))
    assert np.array_equal(loud, np.clip(np.round(clean * 10 ** (12 / 20)), -32_768, 32_767))
    assert (loud == 32_767).sum() > 20


def test_a_cheap_microphone_in_a_room_hears_the_same_room_in_a_narrow_band() -> None:
    room, cheap = changed(Condition("r", room=True)), changed(Condition("c", room=True, cheap=True))
    assert len(room) == len(cheap) > len(changed(CLEAN))
    below, inside = (
        [np.abs(np.fft.rfft(x, 2**16))[a:b].sum() for x in (room, cheap)] for a, b in ((0, 200), (4_000, 8_000))
    )
    assert below[1] < 0.3 * below[0]
    assert inside[1] == pytest.approx(inside[0], rel=0.2)


# Sounds and non-speech -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", synthetic_noise.KINDS)
def test_each_sound_has_its_length_is_heard_and_comes_from_its_seed(kind: str) -> None:
    sound, again, other = (synthetic_noise.make(kind, 4.0, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert sound.dtype == np.int16
    assert sound.shape == (4 * RATE,)
    assert np.abs(sound).max() == pytest.approx(32_767 * 10 ** (-3 / 20), abs=1)
    assert sound.astype(float).std() > 100
    assert np.array_equal(sound, again)
    assert not np.array_equal(sound, other)


def test_non_speech_is_counted_in_all_and_by_kind(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recognizer that says something of each block: an uncertain label of the loud ones."""

    class Talker:
        def __init__(self, *of: object) -> None:
            self.position = 0.0

        def process(self, block: Any) -> Iterator[EmotionEvent]:
            self.position += len(block.samples) / RATE
            loud = np.abs(block.samples.astype(int)).max() > 5_000
            yield event("anger")
            yield event("uncertain" if loud else "anger", final=True)

        def finish(self) -> list[EmotionEvent]:
            return []

    monkeypatch.setattr(non_speech, "Pipeline", Talker)
    noises = [clip.path for clip in noise_split(dataset_of(place).noise).test]
    found = non_speech.measure(noises, read_bundle(), choose_interpreter(), seconds=1.0)
    assert set(found) == {"hours", "events_an_hour", "of_them_uncertain", "by_kind"}
    assert list(found["by_kind"]) == ["recorded", *synthetic_noise.KINDS]
    pieces = len(non_speech.KINDS)
    assert found["hours"] == pytest.approx(pieces * 16.5 / 3600, abs=0.001), "one sound of each kind, with its pauses"
    assert {of["events_an_hour"] for of in found["by_kind"].values()} == {round(3600 / 16.5, 1)}
    uncertain = [of["of_them_uncertain"] for of in found["by_kind"].values()]
    assert 0 < sum(rate > 0 for rate in uncertain) < pieces, "levels go from quiet to loud"


# Steadiness ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "count"),
    [("", 0), ("a", 0), ("aaa", 0), ("ab", 1), ("aba", 2), ("aua", 0), ("aub", 1), ("uaubu", 1), ("auubbua", 2)],
)
def test_a_flip_is_a_change_between_two_labels_whatever_is_uncertain_between(labels: str, count: int) -> None:
    status = StatusEvent(utc_now(), "overflow", "", 0.0)
    events = [status, *(event("uncertain" if label == "u" else label) for label in labels), status]
    assert steadiness.flips(events) == count


def test_final_events_are_counted_by_themselves() -> None:
    events = [event("a"), event("b"), event("a", final=True), event("b"), event("a", final=True)]
    assert steadiness.flips(events) == 4
    assert steadiness.flips(events, lambda e: e.final) == 0


def test_two_women_and_two_men_are_chosen_corpora_in_turn() -> None:
    def clips(corpus: str, sex: str | None, count: int) -> list[Clip]:
        return [Clip(Path(f"{n}"), corpus, f"{corpus}/{sex}{n}", "neutral", sex) for n in range(count)]

    both = [*clips("a", "female", 3), *clips("b", "female", 1), *clips("a", "male", 1), *clips("b", None, 9)]
    assert steadiness.choose(both) == ["a/female0", "b/female0", "a/male0", "b/None0"]
    assert len(steadiness.choose(clips("b", None, 9))) == 4
    assert steadiness.choose([]) == []


def test_one_person_speaks_on_with_short_pauses_until_the_time_is_over() -> None:
    tone = np.full(RATE, 5_000, np.int16)
    stream = steadiness.one_person([tone, tone], 0.5, np.random.default_rng(1))
    assert len(stream) == 30 * RATE
    loud = np.flatnonzero(np.diff((stream > 2_500).astype(int)))
    pauses = np.diff(loud)[1::2] / RATE
    assert 18 <= len(pauses) <= 26
    assert 0.19 < pauses.min() < pauses.max() < 0.61


# The command ---------------------------------------------------------------------------------------------------------


def test_the_command_prints_a_table_or_json(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place / "model.tflite"
    path.write_bytes(model("mine/s0").to_bytes())
    monkeypatch.setattr(steadiness.measure, "__defaults__", (0.1,))
    monkeypatch.setattr(non_speech.measure, "__defaults__", (1.0,))
    shared = ["--model", str(path), "--corpus", "mine", "--data", str(place / "data"), "--cache", str(place / "cache")]

    def said(*more: str) -> str:
        done = CliRunner().invoke(commands.command, [*shared, *more], catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    found = json.loads(said("--format", "json"))
    assert {"conditions", "non_speech", "steady"} < set(found)
    assert set(found["steady"]) == {"label", "minutes", "flips_a_minute", "final_flips_a_minute", "speakers"}
    assert found["steady"]["label"] == "neutral"
    assert list(found["steady"]["speakers"]) == ["mine/s1", "mine/s2", "mine/s3"]
    table = said()
    for words in ("6 clips of 3 speakers", "noise 10 dB", "keyboard", "flips a minute, neutral"):
        assert words in table
    assert max(map(len, table.splitlines())) <= 120 or "warning" in table
    assert "keyboard" not in said("--only", "steady")
