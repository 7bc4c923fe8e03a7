"""An epoch contains each voice once, classes balanced as set, and targets that stay distributions."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.corpora import Clip
from training.data.utterances import Utterance
from training.families import INPUT_SCALE, LONGEST, STRIDE, Family
from training.fitting import batches
from training.fitting.batches import Batch, Epochs, Pool
from training.settings import IMBALANCES, TrainingSettings

LABELS = ("anger", "neutral", "sadness")
COEFFICIENTS = 4
PLAIN = TrainingSettings(
    draws=0, batch=6, noise_share=0.0, imbalance="none", smoothing=0.0, votes=0.0, mixup=0.0, mask=0.0
)
STREAMING = Family(lambda *_: None, context=5, chunk=8, streams=True)
WINDOWED = Family(lambda *_: None, context=5, chunk=LONGEST, streams=False)


def pool(counts: tuple[int, ...], noises: int = 0, copy: int = 0, repeats: int = 1) -> Pool:
    """Utterances of 20 to 100 frames; the first column of the teachers' logits is the voice, the second the copy."""
    indices = np.array([label for label, count in enumerate(counts) for _ in range(count)] + [-1] * noises)
    rng = np.random.default_rng(7)
    lengths = rng.integers(20, 100, len(indices))
    logits = np.zeros((len(indices), len(counts)), np.float32)
    logits[:, 0], logits[:, 1] = range(len(indices)), copy
    return Pool(
        features=[rng.integers(-90, 90, (n, COEFFICIENTS)).astype(np.int8) for n in lengths],
        speech=[np.full(n, index >= 0) for n, index in zip(lengths, indices, strict=True)],
        repeats=np.full(len(indices), repeats),
        label_indices=indices,
        targets=np.array([np.eye(len(counts))[i] if i >= 0 else np.zeros(len(counts)) for i in indices], np.float32),
        teacher_logits=logits,
    )


def epoch(epochs: Epochs, number: int = 0) -> list[Batch]:
    return list(epochs.batches(number))


def voices(drawn: list[Batch]) -> Counter[int]:
    return Counter(int(row[0]) for batch in drawn for row in batch.teacher_logits)


def labels(drawn: list[Batch]) -> Counter[int]:
    return Counter(int(row.argmax()) if row.any() else -1 for batch in drawn for row in batch.targets)


def same(a: list[Batch], b: list[Batch]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(getattr(p, name), getattr(q, name)) for p, q in zip(a, b, strict=True) for name in vars(p)
    )


@pytest.mark.parametrize("imbalance", ["none", "class-weights"])
def test_an_epoch_has_each_voice_once_in_a_random_copy(imbalance: str) -> None:
    pools = [pool((8, 12, 4), copy=v) for v in range(3)]
    drawn = epoch(Epochs(pools, STREAMING, replace(PLAIN, imbalance=imbalance), seed=1))
    assert voices(drawn) == dict.fromkeys(range(24), 1)
    assert {int(row[1]) for batch in drawn for row in batch.teacher_logits} == {0, 1, 2}


def test_a_small_corpus_is_drawn_as_often_as_it_repeats() -> None:
    drawn = epoch(Epochs([pool((8, 12, 4), repeats=3)], STREAMING, PLAIN, seed=1))
    assert voices(drawn) == dict.fromkeys(range(24), 3)


def test_an_epoch_has_as_many_voices_as_the_settings_ask_for() -> None:
    drawn = epoch(Epochs([pool((8, 12, 4))], STREAMING, replace(PLAIN, draws=100), seed=1))
    assert voices(drawn) == dict.fromkeys(range(24), 4)


def test_repeats_bring_a_small_corpus_near_the_largest() -> None:
    sizes = {"large": 20, "small": 7, "tiny": 1}
    utterances = [
        Utterance(
            Clip(Path(f"{corpus}/{i}"), corpus, f"{corpus}/a", "anger"), np.zeros((1, 4), np.int32), np.ones(1, bool)
        )
        for corpus, size in sizes.items()
        for i in range(size)
    ]
    made = batches.pool(utterances, [1000] * 4, LABELS, replace(PLAIN, repeats=5))
    repeats = dict(zip((u.clip.corpus for u in utterances), made.repeats.tolist(), strict=True))
    assert repeats == {"large": 1, "small": 2, "tiny": 5}


def test_an_epoch_leaves_out_less_than_a_batch() -> None:
    epochs = Epochs([pool((8, 12, 7))], STREAMING, PLAIN, seed=1)
    counts = voices(epoch(epochs))
    assert epochs.steps == len(epoch(epochs)) == 4
    assert sum(counts.values()) == 24
    assert set(counts.values()) == {1}
    missing = [{*range(27)} - set(voices(epoch(epochs, number))) for number in range(6)]
    assert len(set.union(*missing)) > 3, "not always the same"


def test_fewer_voices_than_a_batch_make_one_batch() -> None:
    assert voices(epoch(Epochs([pool((1, 2, 1))], STREAMING, PLAIN, seed=1))) == dict.fromkeys(range(4), 1)


def test_over_sampling_draws_each_class_as_often_as_the_largest() -> None:
    drawn = epoch(Epochs([pool((8, 12, 5))], STREAMING, replace(PLAIN, imbalance="over-sampling"), seed=1))
    assert labels(drawn) == {0: 12, 1: 12, 2: 12}
    counts = voices(drawn)
    assert set(counts) == set(range(25)), "every voice is drawn"
    assert sorted(counts[v] for v in range(20, 25)) == [2, 2, 2, 3, 3], "none a third time before all twice"


def test_under_sampling_draws_each_class_as_often_as_the_smallest() -> None:
    epochs = Epochs([pool((8, 12, 4))], STREAMING, replace(PLAIN, imbalance="under-sampling"), seed=1)
    assert labels(epoch(epochs)) == {0: 4, 1: 4, 2: 4}
    assert set(voices(epoch(epochs)).values()) == {1}
    seen = sum((voices(epoch(epochs, number)) for number in range(12)), Counter())
    assert set(seen) == set(range(24)), "all take part over the epochs"


def test_class_weights_balance_the_classes_and_keep_the_mean() -> None:
    drawn = epoch(Epochs([pool((8, 12, 4))], STREAMING, replace(PLAIN, imbalance="class-weights"), seed=1))
    weights = np.concatenate([batch.weights for batch in drawn])
    targets = np.concatenate([batch.targets for batch in drawn])
    np.testing.assert_allclose(weights @ targets, np.full(3, weights.sum() / 3), rtol=1e-6)
    assert weights.mean() == pytest.approx(1.0)


@pytest.mark.parametrize("imbalance", IMBALANCES)
def test_a_label_without_voices_takes_no_part(imbalance: str) -> None:
    drawn = epoch(Epochs([pool((8, 0, 4))], STREAMING, replace(PLAIN, batch=4, imbalance=imbalance), seed=1))
    assert set(labels(drawn)) == {0, 2}
    weights = np.concatenate([batch.weights for batch in drawn])
    assert np.isfinite(weights).all()
    assert weights.mean() == pytest.approx(1.0)


def test_a_copy_without_utterances_of_a_label_or_of_the_noises_is_passed_over() -> None:
    pools = [pool((4, 4, 4), noises=3), pool((4, 4, 0), noises=0, copy=1)]
    drawn = epoch(Epochs(pools, STREAMING, replace(PLAIN, batch=3, noise_share=0.5), seed=1))
    assert labels(drawn) == {0: 4, 1: 4, 2: 4, -1: 6}


def test_noises_are_a_share_of_the_voices_and_weigh_nothing_in_the_emotions() -> None:
    drawn = epoch(Epochs([pool((8, 12, 4), noises=3)], STREAMING, replace(PLAIN, noise_share=0.5), seed=1))
    assert labels(drawn)[-1] == 12
    for batch in drawn:
        noise = ~batch.targets.any(axis=1)
        assert (batch.weights[noise] == 0).all()
        assert (batch.weights[~noise] == 1).all()
        assert not batch.speech[noise].any()
        assert batch.speech[~noise].any(axis=1).all()


def test_without_noises_none_are_drawn() -> None:
    assert -1 not in labels(epoch(Epochs([pool((8, 12, 4))], STREAMING, replace(PLAIN, noise_share=0.5), seed=1)))


def test_an_epoch_depends_only_on_the_seed_and_its_number() -> None:
    pools, rich = [pool((8, 12, 4), 3, v) for v in range(2)], TrainingSettings(batch=6, mixup=0.3)
    first, again, other = (Epochs(pools, STREAMING, rich, seed) for seed in (1, 1, 2))
    epoch(again, 0)
    next(again.batches(5))
    assert same(epoch(first, 3), epoch(again, 3))
    assert not same(epoch(first, 3), epoch(first, 4))
    assert not same(epoch(first, 3), epoch(other, 3))


@pytest.mark.parametrize("family", [STREAMING, WINDOWED])
def test_a_batch_has_the_layout_of_its_family(family: Family) -> None:
    for batch in epoch(Epochs([pool((8, 12, 4))], family, PLAIN, seed=1)):
        frames = batch.x.shape[1] - family.context
        assert frames % STRIDE == 0
        assert frames == LONGEST if not family.streams else frames <= 128
        assert batch.mask.shape == batch.speech.shape == (len(batch.x), frames // STRIDE)
        assert not batch.x[:, : family.context].any()
        assert (np.diff(batch.mask, axis=1) <= 0).all(), "real steps come first"
        assert not batch.x[:, family.context :].reshape(*batch.mask.shape, -1)[batch.mask == 0].any()
        assert not batch.speech[batch.mask == 0].any()


@given(st.floats(0.05, 10), st.integers(0, 2**32 - 1), st.sampled_from(IMBALANCES))
@settings(max_examples=40)
def test_mixup_keeps_distributions(alpha: float, seed: int, imbalance: str) -> None:
    chosen = TrainingSettings(batch=6, imbalance=imbalance, noise_share=0.5, smoothing=0.1, mixup=alpha)
    smoothed = pool((8, 12, 4), noises=3)
    smoothed = replace(
        smoothed, targets=np.where(smoothed.targets.any(axis=1)[:, None], smoothed.targets * 0.9 + 0.1 / 3, 0)
    )
    for batch in epoch(Epochs([smoothed], STREAMING, chosen, seed)):
        voiced = batch.weights > 1e-4
        np.testing.assert_allclose(batch.targets[voiced].sum(axis=1), 1.0, rtol=1e-3)
        assert (batch.targets >= 0).all()
        assert ((batch.speech >= 0) & (batch.speech <= 1)).all()
        assert np.isin(batch.mask, (0, 1)).all()


def test_mixup_mixes_inputs_labels_weights_and_speech_by_one_share() -> None:
    eye = np.eye(2, dtype=np.float32)
    plain = Batch(
        x=np.stack([np.full((6, 1), value, np.float32) for value in (1.0, 3.0)]),
        mask=np.array([[1, 0], [1, 1]], np.float32),
        speech=np.array([[1, 0], [0, 0]], np.float32),
        targets=np.stack((eye[0], np.zeros(2, np.float32))),
        teacher_logits=eye * 4,
        weights=np.array([2.0, 0.0], np.float32),
    )
    crossed = next(
        m
        for m in (batches.mixed(plain, 5.0, np.random.default_rng(seed)) for seed in range(50))
        if m.x[0, 0, 0] != 1.0  # each with the other one, not with itself
    )
    share = (3.0 - crossed.x[0, 0, 0]) / 2.0
    assert 0.5 <= share < 1, "each row stays mostly itself"
    np.testing.assert_allclose(crossed.x[1, 0, 0], 3.0 * share + 1.0 - share, rtol=1e-6)
    np.testing.assert_allclose(crossed.weights, [2.0 * share, 2.0 * (1 - share)], rtol=1e-5)
    np.testing.assert_allclose(crossed.targets, [eye[0], eye[0]], rtol=1e-5, err_msg="noise brings no label")
    np.testing.assert_allclose(crossed.speech, [[share, 0], [1 - share, 0]], rtol=1e-5)
    assert crossed.mask.tolist() == [[1, 1], [1, 1]]


def utterance(label: str | None, votes: tuple[tuple[str, float], ...] = ()) -> Utterance:
    clip = Clip(Path("a.wav"), "crema-d", "crema-d/1001", label, votes=votes)
    return Utterance(clip, np.zeros((30, COEFFICIENTS), np.int32), np.ones(30, np.bool_))


def target(of: Utterance, votes: float, smoothing: float = 0.0) -> npt.NDArray[np.float32]:
    chosen = TrainingSettings(votes=votes, smoothing=smoothing)
    made = batches.pool([of], (1 << 20,) * COEFFICIENTS, LABELS, chosen)
    return np.asarray(made.targets[0])


HEARD = (("anger", 0.2), ("sadness", 0.4), ("disgust", 0.3))  # disgust is not one of the labels here


def test_votes_make_a_soft_label() -> None:
    np.testing.assert_allclose(target(utterance("anger", HEARD), votes=0.0), [1, 0, 0])
    np.testing.assert_allclose(target(utterance("anger", HEARD), votes=1.0), [1 / 3, 0, 2 / 3], rtol=1e-6)
    np.testing.assert_allclose(target(utterance("anger", HEARD), votes=0.5), [2 / 3, 0, 1 / 3], rtol=1e-6)


def test_without_votes_for_the_labels_the_intended_one_counts() -> None:
    for votes in ((), (("disgust", 1.0),)):
        np.testing.assert_allclose(target(utterance("neutral", votes), votes=1.0), [0, 1, 0])


def test_smoothing_keeps_a_distribution_and_noise_has_none() -> None:
    np.testing.assert_allclose(target(utterance("neutral"), 0.0, smoothing=0.3), [0.1, 0.8, 0.1], rtol=1e-6)
    np.testing.assert_allclose(target(utterance("anger", HEARD), 0.7, smoothing=0.3).sum(), 1.0, rtol=1e-6)
    assert not target(utterance(None), votes=0.5, smoothing=0.3).any()


@given(st.integers(1, 900), st.floats(0, 1), st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_jitter_keeps_a_stretch_of_reasonable_length(frames: int, mask: float, seed: int) -> None:
    features = np.random.default_rng(seed).integers(-128, 128, (frames, COEFFICIENTS)).astype(np.int8)
    before, speech = features.copy(), np.arange(frames) % 3 == 0
    made, heard = batches.jitter(features, speech, TrainingSettings(mask=mask), np.random.default_rng(seed))
    assert len(made) == len(heard)
    assert made.dtype == np.int8
    assert len(made) <= LONGEST
    assert len(made) == frames if frames <= 60 else len(made) >= min(LONGEST, int(0.6 * frames))
    assert np.array_equal(features, before), "the pool is not changed"


def test_jitter_changes_little() -> None:
    features = np.random.default_rng(1).integers(-100, 100, (60, COEFFICIENTS)).astype(np.int8)
    made, _ = batches.jitter(features, np.ones(60, np.bool_), PLAIN, np.random.default_rng(2))
    assert not np.array_equal(made, features)
    assert np.corrcoef(made.ravel(), features.ravel())[0, 1] > 0.98


def test_gains_make_a_deviation_24_steps() -> None:
    rng = np.random.default_rng(1)
    scales = np.array([300.0, 5_000.0, 20_000.0, 70_000.0])
    utterances = [replace(utterance("anger"), cepstra=(rng.normal(0, scales, (400, 4))).astype(np.int32))] * 3
    quantized = batches.quantize(utterances[0].cepstra, batches.gains(utterances))
    np.testing.assert_allclose(quantized.std(axis=0), 24, rtol=0.1)


def test_padding_puts_the_context_in_front_and_masks_the_rest() -> None:
    features = [np.full((n, COEFFICIENTS), 32, np.int8) for n in (1, 4, 5, 12)]
    x, mask = batches.pad(features, 5, 12)
    assert x.shape == (4, 17, COEFFICIENTS)
    assert mask.tolist() == [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert x.sum(axis=(1, 2)).tolist() == [n * COEFFICIENTS * 32 * INPUT_SCALE for n in (1, 4, 5, 12)]
    assert not x[:, :5].any()


def test_a_step_is_speech_if_half_its_frames_are() -> None:
    frames = np.array([1, 1, 0, 0, 1, 0, 0, 0, 1, 1], np.bool_)
    assert batches.speech_steps([frames], 4).tolist() == [[1, 0, 1, 0]]
