"""Panels of pictures: long recordings are reduced without losing extremes or means."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge_ser.reports.recording import panels


@given(arrays.arrays(np.int16, st.integers(0, 20_000)))
def test_envelope_keeps_extremes_and_length(samples: np.ndarray) -> None:
    low, high, step = panels.envelope(samples)
    assert len(low) == len(high) == -(-len(samples) // step) <= panels.MOST_COLUMNS
    if len(samples):
        assert (low.min(), high.max()) == (samples.min() / 32_768, samples.max() / 32_768)
    if step == 1:
        assert np.array_equal(low * 32_768, samples)


@given(st.integers(1, 20_000))
def test_thinned_frames_keep_their_mean(count: int) -> None:
    frames = np.arange(count, dtype=float)[:, None] * [1.0, -2.0]
    thin = panels.thinned(frames)
    assert len(thin) <= panels.MOST_COLUMNS
    assert (np.diff(thin[:, 0]) > 0).all()
    if count <= panels.MOST_COLUMNS:
        assert np.array_equal(thin, frames)
    assert thin[0, 0] <= frames[:, 0].mean() <= thin[-1, 0]
