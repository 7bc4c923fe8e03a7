"""Functionals have a fixed shape, and baselines learn the labels that occur from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS
from training.corpora import Clip
from training.data.utterances import FRONT_END, Utterance
from training.families import CLASSICAL
from training.families.classical import classifier, functionals, logits

pytest.importorskip("sklearn", reason="needs the extra 'train'")

COEFFICIENTS = FRONT_END.coefficients
WIDTH = 9 * COEFFICIENTS + 2
LABELS = ("anger", "neutral", "sadness")


def clip(number: int, label: str = "anger") -> Clip:
    return Clip(Path(f"{number}.wav"), "emodb", f"emodb/{number}", label)


def utterance(of: Clip, frames: int, offset: float = 0.0, seed: int = 0) -> Utterance:
    rng = np.random.default_rng([seed, frames])
    cepstra = rng.normal(offset, 1.0, (frames, COEFFICIENTS)) * 2.0**CEPSTRA_FRACTION_BITS
    return Utterance(of, cepstra.astype(np.int32), np.ones(frames, np.bool_))


def test_functionals_have_the_documented_values() -> None:
    one = clip(0)
    (row,) = functionals([one], [utterance(one, 50), utterance(one, 21, offset=3.0)])
    assert row.shape == (WIDTH,)
    x = np.concatenate([u.cepstra for u in (utterance(one, 50), utterance(one, 21, offset=3.0))])
    x = x / 2.0**CEPSTRA_FRACTION_BITS
    blocks = row[:-2].reshape(9, COEFFICIENTS)
    np.testing.assert_allclose(blocks[0], x.mean(axis=0))
    np.testing.assert_allclose(blocks[1], x.std(axis=0))
    np.testing.assert_allclose(blocks[4], np.median(x, axis=0))
    np.testing.assert_allclose(blocks[7], np.diff(x, axis=0).std(axis=0))
    np.testing.assert_allclose(blocks[8], (x[4:] - x[:-4]).std(axis=0))
    assert row[-2:].tolist() == [71, 2]


def test_a_clip_without_speech_has_a_row_of_nan() -> None:
    clips = [clip(0), clip(1), clip(2)]
    rows = functionals(clips, [utterance(clips[1], 30)])
    assert rows.shape == (3, WIDTH)
    assert np.isnan(rows).all(axis=1).tolist() == [True, False, True]
    assert not np.isnan(rows[1]).any()


@pytest.mark.parametrize("clips", [[], [clip(0), clip(1)]])
def test_the_shape_is_kept_without_any_speech(clips: list[Clip]) -> None:
    rows = functionals(clips, [])
    assert rows.shape == (len(clips), WIDTH)
    assert np.isnan(rows).all()
    assert logits(None, rows, len(LABELS)).shape == (len(clips), len(LABELS))


@pytest.mark.parametrize("frames", [1, 2, 4, 5])
def test_a_very_short_utterance_has_finite_functionals(frames: int) -> None:
    one = clip(0)
    assert np.isfinite(functionals([one], [utterance(one, frames)])).all()


def separable(labels: int, a_label: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return functionals of clips whose coefficients have another mean for each label."""
    clips = [clip(i, LABELS[i % labels]) for i in range(labels * a_label)]
    offsets = {label: 0.4 * i for i, label in enumerate(LABELS)}
    made = [utterance(c, 40, offsets[c.label or ""], seed * 1000 + i) for i, c in enumerate(clips)]
    return functionals(clips, made), np.array([LABELS.index(c.label or "") for c in clips])


@pytest.mark.parametrize("family", CLASSICAL)
def test_a_baseline_beats_chance_on_unseen_speakers(family: str) -> None:
    rows, targets = separable(3, 40, seed=1)
    others, truth = separable(3, 20, seed=2)
    said = logits(classifier(family, seed=1).fit(rows, targets), others, len(LABELS))
    assert said.shape == (60, 3)
    assert np.isfinite(said).all()
    assert (said.argmax(axis=1) == truth).mean() > 0.6


@pytest.mark.parametrize("family", CLASSICAL)
@pytest.mark.parametrize("learned", [[0, 2], [0, 1], [0, 1, 2]])
def test_a_label_without_training_data_gets_the_lowest_logit(family: str, learned: list[int]) -> None:
    labels = 4
    rows, targets = separable(3, 20, seed=1)
    kept = np.isin(targets, learned)
    fitted = classifier(family, seed=1).fit(rows[kept], targets[kept])
    rows[0] = np.nan
    said = logits(fitted, rows, labels)
    assert said.shape == (len(rows), labels)
    assert np.isnan(said).all(axis=1).tolist() == [True] + [False] * (len(rows) - 1)
    missing = [label for label in range(labels) if label not in learned]
    assert (said[1:, missing].max(axis=1) < said[1:][:, learned].min(axis=1)).all()
    assert np.isin(said[1:].argmax(axis=1), learned).all()


@pytest.mark.parametrize("family", CLASSICAL)
def test_the_same_seed_gives_the_same_baseline(family: str) -> None:
    rows, targets = separable(3, 20, seed=1)
    first, again = (logits(classifier(family, seed=3).fit(rows, targets), rows, 3) for _ in range(2))
    assert np.array_equal(first, again)
