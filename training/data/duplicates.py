"""Finds duplicate recordings by their sound, and groups the speakers who share one.

Corpora contain some recordings more than once: encoded again, resampled, trimmed, at another level, under another name.
A model that was trained on one of them must not be evaluated on the other.  A recording is recognized by how each
cepstral coefficient moves, as amplitudes at 0.2 to 16 Hz.  Without phases, it does not matter where the recording
begins.  Each amplitude is divided by the mean of those at nearby frequencies, which removes what all speech has in
common.  The rest is close to random between two recordings, even of the same sentence, but survives in a duplicate.

Measured on 4,895 clips of CREMA-D (12 sentences, 60 speakers) and 535 of EmoDB (10 sentences, 10 speakers).  311 of
them were duplicated in ten ways: Ogg Vorbis; to 8 kHz or 11,025 Hz and back; at -20 dB; with white noise at 35 dB SNR;
with 0.2 s of silence at both ends; without 0.2 s at the start, at the end, at both; and most of these together.

- Whole recordings: the similarity of two different speakers is at most 0.34 (14 million pairs).  That of a duplicate
  and its original is at least 0.48, except for a recording of 1.6 s without its first 0.2 s (0.26 to 0.28).  Six clips
  and 0.4 % of the duplicates have too little speech to compare.  Five pairs of one speaker reach the threshold, with
  0.74 to 0.89: duplicates in CREMA-D itself.
- Utterances cut by the speech gate from recordings with room noise: different speakers reach at most 0.35.  Found are
  88 % of the duplicates of the last kind, 68 % of those at -20 dB, from which the gate cuts less, and 96 to 98 % of the
  others.
- The first part of the speech only: different speakers reach at most 0.44 with 0.7 to 0.8 s, 0.42 with 1 s, 0.34 with
  2 s; 0.6 s are too little to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS
from edge_ser.features.parameters import FrontEndParameters
from training.support.arrays import Cepstra

_Float: TypeAlias = npt.NDArray[np.float64]
"""Cepstra in log2 units, shape ``(frames, coefficients)``, or a signature, shape ``(832,)``."""

THRESHOLD: Final = 0.45
"""Similarity from which two recordings count as duplicates: between different speakers and the worst duplicates."""

_FRONT_END: Final = FrontEndParameters()
_USED: Final = 14  # coefficients; c0 is the loudness of a frame, c1 to c13 what is spoken
_LOUD: Final = 6.0  # log2 units, 18 dB below the loudest frames: below, noise and codecs dominate the cepstra
_LEAST: Final = 38.0  # loud frames, 0.61 s; shorter recordings are similar by chance
_PERIOD: Final = 256  # frames, 4.1 s; the spectrum of a longer recording is taken at the same frequencies
_FREQUENCIES: Final = 64  # of the spectrum, 0.24 Hz apart
_NEARBY: Final = 15  # frequencies that an amplitude is compared with
_BLOCK: Final = 2_048  # recordings in a block; two blocks are compared at a time: 16 MB


def near_duplicates(cepstra: Sequence[Cepstra]) -> list[tuple[int, int]]:
    """Find duplicates among recordings.

    35,000 recordings take about 16 s on two cores, and 150 MB.

    Args:
        cepstra: The cepstra of each recording, of 14 coefficients or more; if there is a choice, of the whole recording
            rather than of the utterances that the speech gate cut from it.

    Returns:
        Pairs of indices of duplicates, the lower first.  Recordings with too little speech are in no pair.
    """
    signatures = np.zeros((len(cepstra), _FREQUENCIES * (_USED - 1)), np.float32)
    for index, one in enumerate(cepstra):
        signatures[index] = _signature(one)
    pairs: list[tuple[int, int]] = []
    for first in range(0, len(cepstra), _BLOCK):
        for second in range(first, len(cepstra), _BLOCK):
            similarity = signatures[first : first + _BLOCK] @ signatures[second : second + _BLOCK].T
            rows, columns = np.nonzero(similarity >= THRESHOLD)
            matches = zip((rows + first).tolist(), (columns + second).tolist(), strict=True)
            pairs += [(a, b) for a, b in matches if a < b]
    return pairs


def groups(speakers: Sequence[str], pairs: Sequence[tuple[int, int]]) -> dict[str, str]:
    """Group speakers who share a recording, directly or through other speakers.

    Args:
        speakers: The speaker of each recording.
        pairs: The result of :func:`near_duplicates`.

    Returns:
        The group of each speaker, named after the first speaker in it.
    """
    group = {speaker: speaker for speaker in speakers}
    place = {speaker: number for number, speaker in enumerate(group)}
    for a, b in pairs:
        keep, drop = sorted((group[speakers[a]], group[speakers[b]]), key=place.__getitem__)
        if keep != drop:
            group = {speaker: keep if name == drop else name for speaker, name in group.items()}
    return group


def _signature(cepstra: Cepstra) -> _Float:
    """Return a vector that identifies a recording: shape ``(832,)``, length 1, or 0 with too little speech."""
    nothing = np.zeros(_FREQUENCIES * (_USED - 1))
    if len(cepstra) < _LEAST:
        return nothing
    x = _without_running_mean(cepstra[:, :_USED] / 2.0**CEPSTRA_FRACTION_BITS)
    energy = x[:, 0] / np.sqrt(_FRONT_END.bands)  # mean log2 energy
    weight = np.clip((energy - np.percentile(energy, 95) + _LOUD) / (_LOUD / 2), 0, 1)[:, np.newaxis]
    x = weight * (x - np.average(x, axis=0, weights=weight[:, 0]))[:, 1:]
    folded = np.pad(x, ((0, -len(x) % _PERIOD), (0, 0))).reshape(-1, _PERIOD, _USED - 1).sum(0)
    amplitude = np.sqrt(np.abs(np.fft.rfft(folded, axis=0)[1 : _FREQUENCIES + 1]))
    nearby = uniform_filter1d(amplitude, _NEARBY, axis=0)
    if weight.sum() < _LEAST or not nearby.all():
        return nothing
    relative = (amplitude / nearby - 1.0).ravel()
    return np.asarray(relative / np.sqrt((relative**2).sum()))


def _without_running_mean(normalized: _Float) -> _Float:
    """Undo the normalization by the running mean, up to a constant.

    The mean of n frames is that of n - 1 frames plus the n-th normalized frame over n - 1, so it can be accumulated
    from the first frames, which share one mean.
    """
    n = np.arange(len(normalized))[:, np.newaxis]
    steps = np.where(n >= _FRONT_END.settle_frames, normalized / np.maximum(n, 1), 0.0)
    return np.asarray(normalized + np.cumsum(steps, axis=0))
