"""Finds recordings that are there twice, and speakers who must not be parted because they share one.

Corpora hold some recordings more than once: encoded again, resampled, trimmed, at another level, under another name.
A model that learned from one is not judged by its copy.  What tells recordings apart here is how each cepstral
coefficient moves, as amplitudes at 0.2 to 16 Hz: without phases it does not matter where a recording begins.  Each
amplitude counts against those at nearby frequencies.  So what all speech has in common goes, and what is left is close
to chance for two recordings, also of the same sentence, while a copy keeps it.

Measured on 4,895 clips of CREMA-D (12 sentences, 60 speakers) and 535 of EmoDB (10 sentences, 10 speakers).  311 of
them were copied in ten ways: Ogg Vorbis; to 8 kHz or 11,025 Hz and back; at -20 dB; with white noise at 35 dB SNR; with
0.2 s of silence at both ends; without 0.2 s at the start, at the end, at both; and most of these at once.

- Whole recordings: two of different speakers are alike by 0.34 at most (14 million pairs), a copy and its original by
  0.48 at least, but for one of 1.6 s without its first 0.2 s (0.26 to 0.28).  Six clips and 0.4 % of the copies have
  too little speech to compare.  Five pairs of one speaker reach the threshold, with 0.74 to 0.89: copies
  in CREMA-D itself.
- Utterances that the speech gate cut in the noise of a quiet room: different speakers 0.35 at most.  Found are 88 % of
  the copies of the last kind, 68 % of those at -20 dB, of which the gate cuts less, and 96 to 98 % of the others.
- The beginning of the speech only: different speakers 0.44 at most of 0.7 to 0.8 s, 0.42 of 1 s, 0.34 of 2 s; 0.6 s
  are too little to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS
from edge_ser.features.parameters import FrontEndParameters

Int32 = npt.NDArray[np.int32]
Float = npt.NDArray[np.float64]

THRESHOLD: Final = 0.45
"""Similarity from which on two recordings count as one: between other speakers and the worst copies."""

_FRONT_END: Final = FrontEndParameters()
_USED: Final = 14  # coefficients; c0 tells how loud a frame is, c1 to c13 what is said
_LOUD: Final = 6.0  # log2 units, 18 dB below the loudest frames: where noise and codecs begin to rule the cepstra
_LEAST: Final = 38.0  # loud frames, 0.61 s; less than that is alike by chance
_PERIOD: Final = 256  # frames, 4.1 s; the spectrum of a longer recording is taken at the same frequencies
_FREQUENCIES: Final = 64  # of the spectrum, 0.24 Hz apart
_NEARBY: Final = 15  # frequencies that an amplitude is measured against
_BLOCK: Final = 2_048  # recordings that are compared with as many others at a time: 16 MB


def near_duplicates(cepstra: Sequence[Int32]) -> list[tuple[int, int]]:
    """Find copies among recordings.

    35,000 recordings take about 16 s on two cores, and 150 MB.

    Args:
        cepstra: Of each recording, normalized by the running mean: shape ``(frames, 14 or more)``, int32, Q12.  Of
            whole recordings rather than of what the gate cut out of them, where there is a choice.

    Returns:
        Indices of two recordings that are one, the lower first.  Those with too little speech are in no pair.
    """
    signatures = np.zeros((len(cepstra), _FREQUENCIES * (_USED - 1)), np.float32)
    for index, one in enumerate(cepstra):
        signatures[index] = _signature(one)
    pairs: list[tuple[int, int]] = []
    for first in range(0, len(cepstra), _BLOCK):
        for second in range(first, len(cepstra), _BLOCK):
            alike = signatures[first : first + _BLOCK] @ signatures[second : second + _BLOCK].T
            rows, columns = np.nonzero(alike >= THRESHOLD)
            found = zip((rows + first).tolist(), (columns + second).tolist(), strict=True)
            pairs += [(a, b) for a, b in found if a < b]
    return pairs


def groups(speakers: Sequence[str], pairs: Sequence[tuple[int, int]]) -> dict[str, str]:
    """Put speakers together who share a recording, also by way of others.

    Args:
        speakers: Of each recording.
        pairs: What :func:`near_duplicates` returned.

    Returns:
        The group of each speaker, named by the first speaker in it.
    """
    group = {speaker: speaker for speaker in speakers}
    place = {speaker: number for number, speaker in enumerate(group)}
    for a, b in pairs:
        keep, drop = sorted((group[speakers[a]], group[speakers[b]]), key=place.__getitem__)
        if keep != drop:
            group = {speaker: keep if name == drop else name for speaker, name in group.items()}
    return group


def _signature(cepstra: Int32) -> Float:
    """Return what tells a recording: shape ``(832,)``, of length 1, or 0 where there is too little speech."""
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


def _without_running_mean(normalized: Float) -> Float:
    """Give back the cepstra but for a constant.

    The mean of n frames is that of n - 1 and the n-th normalized frame over n - 1, so it can be followed from the first
    frames on, which share one.
    """
    n = np.arange(len(normalized))[:, np.newaxis]
    steps = np.where(n >= _FRONT_END.settle_frames, normalized / np.maximum(n, 1), 0.0)
    return np.asarray(normalized + np.cumsum(steps, axis=0))
