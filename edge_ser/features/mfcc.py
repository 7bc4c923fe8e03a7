"""Mel-frequency cepstral coefficients in integers, from int16 samples to int32 cepstra (SPEC.md, steps 1 to 7).

The whole chain is exact integer arithmetic (see :mod:`edge_ser.features.fixed_point`), so the same samples give the
same bits on every machine, and a stream gives the same frames as the whole recording, however it is cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from edge_ser.features.fixed_point import Float, integer_table, log2_q16, shift_round
from edge_ser.features.parameters import WINDOW, FrontEndParameters

CEPSTRA_FRACTION_BITS: Final = 12

_EMPHASIS_BITS: Final = 5  # y = 32 x[n] - 31 x[n-1], a pre-emphasis of 31/32
_FRAME_BITS: Final = 25  # block floating point: the largest windowed sample of a frame has 25 bits
_TWIDDLE_BITS: Final = 15
_POWER_SHIFT: Final = 13
_WEIGHT_BITS: Final = 14
_DCT_BITS: Final = 24
_FLOOR_Q16: Final = 28 << 16  # log2 of a band's energy some 6 dB below the rounding noise of int16 samples

_RANGE_Q16: Final = 18 << 16  # 54 dB: a band counts as at most this far below the loudest one of its frame
_COLUMNS: Final = 16  # 512 = 32 x 16: 32-point DFTs over the rows n1, then 16-point DFTs over the columns n2
_ROWS: Final = 32
_HALF: Final = 17  # k1 = 0..16 of the 32-point DFTs of real columns; the others are their conjugates
# k = k1 + 32 k2; bins 0..160 need k2 = 0..4, and by conjugation of k1 = 1..15, k2 = 11..15.
_K2: Final = np.array([0, 1, 2, 3, 4, 11, 12, 13, 14, 15])


def mel(hertz: float | Float) -> Float:
    """Convert hertz to mel, 2595 log10(1 + f/700) (O'Shaughnessy 1987; the HTK convention)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def mel_weights(parameters: FrontEndParameters) -> Float:
    """Triangular mel filters with peak 1 on the bins of the DFT.

    Returns:
        Weights, shape ``(WINDOW // 2 + 1, bands)``, float64 (the design; the front end rounds them to Q12).
    """
    edges_mel = np.linspace(mel(parameters.low), mel(parameters.high), parameters.bands + 2)
    edges = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    bins = np.arange(WINDOW // 2 + 1)[:, None] * (parameters.rate / WINDOW)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights: Float = np.maximum(0.0, np.minimum(rising, falling))
    return weights


def dct_matrix(bands: int, coefficients: int) -> Float:
    """Orthonormal DCT-II, shape ``(bands, coefficients)``, float64."""
    n = np.arange(bands)[:, None]
    k = np.arange(coefficients)[None, :]
    matrix: Float = np.sqrt(2.0 / bands) * np.cos(np.pi * (2 * n + 1) * k / (2 * bands))
    matrix[:, 0] /= np.sqrt(2.0)
    return matrix


class Mfcc:
    """A stream of cepstra; call :meth:`process` with consecutive samples.

    Frame i covers the samples ``i * hop`` to ``i * hop + 511`` of the stream.  Memory is constant.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        n = np.arange(WINDOW)
        hann = integer_table(0.5 - 0.5 * np.cos(2.0 * np.pi * n / WINDOW), 15)
        # Sample n = 16 n1 + n2 of a frame stands at [n2, n1], so that stage 1 is one matrix product over n1.
        self._window = np.ascontiguousarray(hann.reshape(_ROWS, _COLUMNS).T)
        self._stage1 = self._first_stage()
        self._stage2 = self._second_stage()
        self._mel = self._permuted_mel(parameters)
        self._dct = integer_table(dct_matrix(parameters.bands, parameters.coefficients), _DCT_BITS)
        self.reset()

    def reset(self) -> None:
        """Forget all samples: the next one is the first of a stream."""
        self._tail: Float = np.empty(0)
        self._previous: float | None = None

    def process(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int32]:
        """Take the next samples and return the frames that they complete.

        Args:
            samples: Shape ``(n,)``, int16 (Q15), n >= 0.

        Returns:
            Cepstra in Q12 of log2 units, shape ``(frames, coefficients)``, int32.
        """
        if not samples.size:
            return np.empty((0, self.parameters.coefficients), np.int32)
        emphasized = self._emphasize(samples)
        signal = np.concatenate((self._tail, emphasized)) if self._tail.size else emphasized
        hop = self.parameters.hop
        count = max(0, 1 + (len(signal) - WINDOW) // hop)
        self._tail = signal[count * hop :].copy()
        if not count:
            return np.empty((0, self.parameters.coefficients), np.int32)
        return self._cepstra(signal, count)

    def _emphasize(self, samples: npt.NDArray[np.int16]) -> Float:
        """Steps 1 and 2: DC block and pre-emphasis, Q5; the sample before the first one counts as equal to it."""
        x = np.empty(len(samples) + 1)
        x[0] = samples[0] if self._previous is None else self._previous
        x[1:] = samples
        self._previous = float(x[-1])
        return x[1:] * 2.0**_EMPHASIS_BITS - x[:-1] * (2.0**_EMPHASIS_BITS - 1.0)

    def _cepstra(self, signal: Float, count: int) -> npt.NDArray[np.int32]:
        step = signal.itemsize
        frames = as_strided(
            signal,
            (count, _COLUMNS, _ROWS),
            (self.parameters.hop * step, step, _COLUMNS * step),
            writeable=False,
        )
        z = frames * self._window
        # Step 4, block floating point: a shift a frame keeps the precision of quiet frames equal to that of loud ones.
        peak = np.maximum(z.max(axis=(1, 2)), -z.min(axis=(1, 2)))
        shift = np.where(peak > 0, _FRAME_BITS - np.frexp(peak)[1], 0)
        z *= np.ldexp(1.0, shift)[:, None, None]
        z += 0.5
        np.floor(z, out=z)
        # Step 5, the exact DFT in two stages.
        y = shift_round(z.reshape(-1, _ROWS) @ self._stage1, 16)
        y = np.ascontiguousarray(y.reshape(count, _COLUMNS, _HALF, 2).transpose(2, 0, 1, 3)).reshape(_HALF, count, 32)
        x = shift_round(y @ self._stage2, 22)
        # Step 6, power, mel bands, logarithm with the frame's exponent taken back.
        x *= x
        power = x[:, :, :10] + x[:, :, 10:]
        power *= 2.0**-_POWER_SHIFT
        np.floor(power, out=power)
        energy = power.transpose(1, 0, 2).reshape(count, _HALF * 10) @ self._mel
        log = log2_q16(np.maximum(energy, 1.0)) - (shift.astype(np.int64) << 17)[:, None]
        floor_q16 = _FLOOR_Q16
        log[energy < 1.0] = floor_q16
        np.maximum(log, np.maximum(log.max(axis=1, keepdims=True) - _RANGE_Q16, floor_q16), out=log)
        # Step 7, DCT.
        cepstra = shift_round(log.astype(np.float64) @ self._dct, 16 + _DCT_BITS - CEPSTRA_FRACTION_BITS)
        return cepstra.astype(np.int32)

    @staticmethod
    def _first_stage() -> Float:
        """32-point DFT matrix of real columns, shape (n1 = 32, 34): re and im of k1 = 0..16 interleaved, Q15."""
        angle = -2.0 * np.pi * np.outer(np.arange(_ROWS), np.arange(_HALF)) / _ROWS
        matrix = np.stack((np.cos(angle), np.sin(angle)), axis=-1).reshape(_ROWS, 2 * _HALF)
        return integer_table(matrix, _TWIDDLE_BITS)

    @staticmethod
    def _second_stage() -> Float:
        """16-point DFTs with the twiddles of each k1 folded in, shape (17, 32, 20), Q15."""
        k1 = np.arange(_HALF)[:, None, None]
        n2 = np.arange(_COLUMNS)[None, :, None]
        angle = -2.0 * np.pi * n2 * (k1 + _ROWS * _K2[None, None, :]) / WINDOW
        cos = integer_table(np.cos(angle), _TWIDDLE_BITS)
        sin = integer_table(np.sin(angle), _TWIDDLE_BITS)
        matrix = np.empty((_HALF, _COLUMNS, 2, 20))
        matrix[:, :, 0, :10], matrix[:, :, 0, 10:] = cos, sin
        matrix[:, :, 1, :10], matrix[:, :, 1, 10:] = -sin, cos
        return matrix.reshape(_HALF, 2 * _COLUMNS, 20)

    @staticmethod
    def _permuted_mel(parameters: FrontEndParameters) -> Float:
        """Mel weights in Q16 with rows in the order in which stage 2 leaves the bins, shape (170, bands)."""
        weights = integer_table(mel_weights(parameters), _WEIGHT_BITS)
        permuted = np.zeros((_HALF, 10, parameters.bands))
        used = set()
        for k1 in range(_HALF):
            for column, k2 in enumerate(_K2):
                k = k1 + _ROWS * int(k2)
                bin_ = k if k <= WINDOW // 2 else WINDOW - k
                if bin_ <= 160 and bin_ not in used:  # k1 = 0 and 16 reach a bin twice: count it once
                    used.add(bin_)
                    permuted[k1, column] = weights[bin_]
        return permuted.reshape(_HALF * 10, parameters.bands)
