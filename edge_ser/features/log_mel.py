"""Log-mel energies in integers, from int16 samples (SPEC.md, steps 1 to 6).

All arithmetic is on exact integers (see :mod:`edge_ser.features.fixed_point`), so the same samples give the same bits
on every machine, and a stream gives the same frames as the whole recording, however it is cut.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from edge_ser.features.fixed_point import LOG2_FRACTION_BITS, Float, Int32, integer_table, log2_q16, round_half_up
from edge_ser.features.parameters import WINDOW, FrontEndParameters

FLOOR: Final = 28 << LOG2_FRACTION_BITS
"""Lower limit of the log-mel energies, Q16: a band's energy some 6 dB below the rounding noise of int16 samples."""

_BLOCK: Final = 64  # frames at a time: they fit a second-level cache, and spread numpy's overhead per call
_BUFFERS: Final = 4  # frame counts whose views are kept; a stream in equal chunks needs two or three

_EMPHASIS_BITS: Final = 5  # y = 32 x[n] - 31 x[n-1], a pre-emphasis of 31/32
_WINDOW_BITS: Final = 15
_FRAME_BITS: Final = 25  # block floating point: the largest windowed sample of a frame has 25 bits
_TWIDDLE_BITS: Final = 15
_STAGE1_SHIFT: Final = 16
_STAGE2_SHIFT: Final = 22
_POWER_SHIFT: Final = 13
_WEIGHT_BITS: Final = 14

# Arrays, which numpy functions take faster than Python numbers.
_EMPHASIS: Final = np.array(2.0**-_EMPHASIS_BITS - 1.0)
_ONE: Final = np.array(1.0)
_POWER_SCALE: Final = np.array(2.0**-_POWER_SHIFT)
_TWICE_IN_Q16: Final = np.array(1 + LOG2_FRACTION_BITS)
_FLOOR: Final = np.array(FLOOR)

_COLUMNS: Final = 16  # 512 = 32 x 16: 32-point DFTs over the rows n1, then 16-point DFTs over the columns n2
_ROWS: Final = 32
# k1 = 0..16 is enough for real columns, the others are conjugates.  0 and 16 are real and share a place.
_PLACES: Final = 16
# k = k1 + 32 k2; bins 0..159 need k2 = 0..4, and by conjugation of k1 = 1..15, k2 = 15..11.
_K2: Final = np.array([0, 1, 2, 3, 4, 11, 12, 13, 14, 15])
_DIRECT: Final = len(_K2) // 2
_BINS: Final = _DIRECT * _ROWS


def mel(hertz: float | Float) -> Float:
    """Convert frequencies, Hz, any shape, to mel: 2595 log10(1 + f/700) (O'Shaughnessy 1987; the HTK convention)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


def mel_weights(parameters: FrontEndParameters) -> Float:
    """Design triangular mel filters with peak 1 over the bins of the DFT.

    Returns:
        Weights, shape ``(WINDOW // 2 + 1, bands)``, float64 (the design; the front end rounds them to Q14).
    """
    edges_mel = np.linspace(mel(parameters.lower_limit_hz), mel(parameters.upper_limit_hz), parameters.bands + 2)
    edges = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    bins = np.arange(WINDOW // 2 + 1)[:, None] * (parameters.rate / WINDOW)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights: Float = np.maximum(0.0, np.minimum(rising, falling))
    return weights


class LogMel:
    """Computes a stream of log-mel energies; call :meth:`process` with consecutive samples.

    Frame i covers the samples ``i * hop`` to ``i * hop + 511`` of the stream.  Memory is constant.

    Args:
        parameters: Framing and mel bands.
    """

    def __init__(self, parameters: FrontEndParameters) -> None:
        self.parameters = parameters
        # Each table includes the shift before or after its product: powers of two keep integers exact.
        self._window = _window() * 2.0**_EMPHASIS_BITS
        self._stage1 = _first_stage() * 2.0**-_STAGE1_SHIFT
        self._stage2 = _second_stage() * 2.0**-_STAGE2_SHIFT
        self._mel = _permuted_mel(parameters)
        self._samples = np.zeros(1 + _BLOCK * parameters.hop_samples)  # the sample before a block, and the block
        # Pre-emphasized samples that wait for the rest of their frame.
        self._signal = np.zeros(WINDOW - 1 + _BLOCK * parameters.hop_samples)
        self._work = (np.empty(_BLOCK * WINDOW), np.empty(_BLOCK * WINDOW), np.empty(_BLOCK * parameters.bands))
        self._buffers: dict[int, _Buffers] = {}
        self.reset()

    def reset(self) -> None:
        """Discard all samples: the next one is the first of a stream."""
        self._first = True
        self._waiting = 0  # samples in _signal

    def process(self, samples: npt.NDArray[np.int16]) -> Int32:
        """Process the next samples and return the frames that they complete.

        Args:
            samples: Shape ``(n,)``, int16 (Q15), n >= 0.

        Returns:
            Base-2 logarithm of each band's energy, shape ``(frames, bands)``, int32 (Q16).
        """
        hop = self.parameters.hop_samples
        log = np.empty((self._completed(len(samples)), self.parameters.bands), np.int32)
        done = 0
        # At most 511 samples wait, so no block completes more than _BLOCK frames.
        for begin in range(0, len(samples), _BLOCK * hop):
            block = samples[begin : begin + _BLOCK * hop]
            count = self._completed(len(block))
            self._emphasize(block)
            if count:
                self._analyze(count, log[done : done + count])
                self._drop(count * hop)
                done += count
        return log

    def _completed(self, more: int) -> int:
        """Return how many frames ``more`` samples complete."""
        return max(0, (self._waiting + more - WINDOW) // self.parameters.hop_samples + 1)

    def _emphasize(self, block: npt.NDArray[np.int16]) -> None:
        """Append x[n] - 31/32 x[n-1] (steps 1 and 2); the sample before the first one is taken as equal to it."""
        x = self._samples[: len(block) + 1]
        x[1:] = block
        if self._first:
            x[0] = x[1]
            self._first = False
        end = self._waiting + len(block)
        y = np.multiply(x[:-1], _EMPHASIS, self._signal[self._waiting : end])
        y += x[1:]
        self._waiting = end
        self._samples[0] = x[-1]

    def _drop(self, count: int) -> None:
        """Drop the oldest samples of the signal."""
        left = self._waiting - count
        self._signal[:left] = self._signal[count : self._waiting]
        self._waiting = left

    def _analyze(self, count: int, out: Int32) -> None:
        """Run steps 3 to 6 on the first ``count`` frames of the signal.

        Args:
            count: At most ``_BLOCK``.
            out: Receives the log-mel energies, shape ``(count, bands)``, int32 (Q16).
        """
        b = self._buffers.get(count) or self._make_buffers(count)
        z = np.multiply(b.frames, self._window, b.z)
        # Step 4, block floating point: one shift per frame gives quiet frames the precision of loud ones.
        peak = np.maximum.reduce(np.abs(z, b.magnitude), axis=1, keepdims=True)
        shift = np.subtract(_FRAME_BITS, np.frexp(peak)[1], dtype=np.int64)  # any value suits a frame of zeros
        z *= np.ldexp(_ONE, shift)
        round_half_up(z)
        # Step 5, the exact DFT in two stages.
        round_half_up(np.matmul(self._stage1, b.z_columns, b.y))
        np.matmul(b.y_of_k1, self._stage2, b.x_of_k1)
        x = round_half_up(b.x)
        # Step 6, power, mel bands, logarithm minus the frame's exponent.
        x *= x
        power = np.add(x[:, 0], x[:, 1], b.power)
        power *= _POWER_SCALE
        np.floor(power, power)
        log = log2_q16(np.dot(b.power_of_frame, self._mel, b.energy))
        log -= np.left_shift(shift, _TWICE_IN_Q16)
        np.maximum(log, _FLOOR, out, casting="unsafe")

    def _make_buffers(self, count: int) -> _Buffers:
        if len(self._buffers) == _BUFFERS:
            self._buffers.clear()
        self._buffers[count] = _Buffers(count, self._signal, self._work, self.parameters)
        return self._buffers[count]


class _Buffers:
    """Views of the work space for one frame count, made once.

    All counts share the same memory: allocating costs as much as the arithmetic, and blocks of many sizes fragment the
    heap, which then keeps growing for hours.

    Each step finds its input in the order that its product needs; all are float64 and contiguous in the last axis.

    Attributes:
        frames: View of the signal, ``(count, 512)``.
        z: Windowed frames, ``(count, 512)``; as ``z_columns``, ``(count, n1, n2)``.
        magnitude: Scratch for ``|z|``, in the memory of ``y``.
        y: First stage, ``(count, (k1, re and im), n2)``; as ``y_of_k1``, ``(k1, count, (re and im, n2))``.
        x: Second stage, in the memory of ``z``, one row per bin: re and im; as ``x_of_k1``,
            ``(k1, count, (k2, re and im))``.
        power: One value per row of ``x``, in the memory of ``y``; as ``power_of_frame``, ``(count, (k1, k2))``.
        energy: Energies of the mel bands, ``(count, bands)``.
    """

    def __init__(
        self, count: int, signal: Float, work: tuple[Float, Float, Float], parameters: FrontEndParameters
    ) -> None:
        z, y, energy = work
        step = signal.itemsize
        self.frames = as_strided(signal, (count, WINDOW), (parameters.hop_samples * step, step), writeable=False)
        self.z = z[: count * WINDOW].reshape(count, WINDOW)
        self.z_columns = self.z.reshape(count, _ROWS, _COLUMNS)
        self.y = y[: count * WINDOW].reshape(count, 2 * _PLACES, _COLUMNS)
        self.y_of_k1 = self.y.reshape(count, _PLACES, 2 * _COLUMNS).swapaxes(0, 1)
        self.magnitude = self.y.reshape(self.z.shape)
        x = self.z.reshape(-1)[: 2 * count * _BINS].reshape(count, _PLACES, 2 * len(_K2))
        self.x_of_k1 = x.swapaxes(0, 1)
        self.x = x.reshape(-1, 2)
        self.power = self.y.reshape(-1)[: len(self.x)]
        self.power_of_frame = self.power.reshape(count, _BINS)
        self.energy = energy[: count * parameters.bands].reshape(count, parameters.bands)


def _window() -> Float:
    """Periodic Hann window, shape ``(512,)``, Q15 held in float64."""
    return integer_table(0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW), _WINDOW_BITS)


def _first_stage() -> Float:
    """32-point DFT of real columns, shape (32, n1 = 32), Q15 held in float64: rows alternate re and im of k1 = 0..15.

    The row of im of k1 = 0, which would be 0, has re of k1 = 16 instead.
    """
    angle = -2.0 * np.pi * np.outer(np.arange(_PLACES + 1), np.arange(_ROWS)) / _ROWS
    rows = integer_table(np.stack((np.cos(angle), np.sin(angle)), axis=1), _TWIDDLE_BITS)
    rows[0, 1] = rows[_PLACES, 0]
    return rows[:_PLACES].reshape(_ROWS, _ROWS)


def _second_stage() -> Float:
    """16-point DFTs with the twiddles of each k1 folded in, shape (16, 32, 20), Q15 held in float64.

    Rows are re, then im, of n2 = 0..15; columns alternate re and im of each k2.  At place 0, the rows of re and im are
    those of k1 = 0 and k1 = 16, and the columns are k2 = 0..4 of the former, then of the latter.
    """
    k1 = np.arange(_PLACES)[:, None, None]
    n2 = np.arange(_COLUMNS)[:, None]
    matrix = np.empty((_PLACES, 2, _COLUMNS, len(_K2), 2))
    cos, sin = _rotations(n2 * (k1 + _ROWS * _K2))
    matrix[:, 0, :, :, 0], matrix[:, 0, :, :, 1] = cos, sin
    matrix[:, 1, :, :, 0], matrix[:, 1, :, :, 1] = -sin, cos
    matrix[0] = 0.0
    for part, columns in enumerate((slice(_DIRECT), slice(_DIRECT, None))):
        cos, sin = _rotations(n2 * (_PLACES * part + _ROWS * _K2[:_DIRECT]))
        matrix[0, part, :, columns, 0], matrix[0, part, :, columns, 1] = cos, sin
    return matrix.reshape(_PLACES, 2 * _COLUMNS, 2 * len(_K2))


def _rotations(turns: npt.NDArray[np.int_]) -> tuple[Float, Float]:
    """Re and im of exp(-2 pi i turns / 512), same shape, Q15 held in float64."""
    angle = -2.0 * np.pi * turns / WINDOW
    return integer_table(np.cos(angle), _TWIDDLE_BITS), integer_table(np.sin(angle), _TWIDDLE_BITS)


def _permuted_mel(parameters: FrontEndParameters) -> Float:
    """Mel weights with rows in the order of the bins after stage 2, shape (160, bands), Q14 held in float64."""
    weights = integer_table(mel_weights(parameters), _WEIGHT_BITS)
    permuted = np.empty((_PLACES, len(_K2), parameters.bands))
    for bin_ in range(_BINS):
        k2, k1 = divmod(bin_, _ROWS)
        part, place = divmod(k1, _PLACES)
        if place == 0:
            permuted[0, part * _DIRECT + k2] = weights[bin_]
        elif part == 0:
            permuted[k1, k2] = weights[bin_]
        else:  # the conjugate of bin 512 - bin_ = (32 - k1) + 32 (15 - k2)
            permuted[_ROWS - k1, len(_K2) - 1 - k2] = weights[bin_]
    return permuted.reshape(_BINS, parameters.bands)
