"""Speed and precision of the front end beside other libraries: ``python -m training.benchmarks.front_end``.

All run in one process with one thread, in turns, so that the ratios hold under any load; processor time counts.  Each
library computes 40 cepstra from 40 mel bands between 60 and 5000 Hz, for frames of 512 samples every 256, if it can be
set so; ours also limits the range, removes the running mean, and makes int8.  A library that is not installed is left
out with a note.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"  # read when numpy is imported

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

from edge_ser.features.front_end import FrontEnd  # noqa: E402
from edge_ser.features.log_mel import LogMel, mel_weights  # noqa: E402
from edge_ser.features.mfcc import CEPSTRA_FRACTION_BITS, Mfcc, dct_matrix  # noqa: E402
from edge_ser.features.parameters import WINDOW, FrontEndParameters  # noqa: E402
from training.benchmarks.rounds import Spread, Work, in_turns, ratio  # noqa: E402

Int16 = npt.NDArray[np.int16]
Float = npt.NDArray[np.float64]

SECONDS: Final = 10
ROUNDS: Final = 40
BASE: Final = "edge-ser, 10 s at once"
"""What the others, which also take all at once, are compared with."""
CHUNK: Final = 1_600

PARAMETERS: Final = FrontEndParameters(gains=(20_000,) * 40)
_LEAST: Final = 1e-9  # below all energies of int16 samples


def recording() -> tuple[Int16, str]:
    """Return ten seconds of speech, or of noise where there is no speech, and what it is."""
    folder = Path(os.environ.get("EDGE_SER_DATA", ""), "emodb")
    paths = sorted(folder.glob("*.flac"))[::50] if "EDGE_SER_DATA" in os.environ else []
    if not paths:
        rng = np.random.default_rng(0)
        swell = np.abs(np.sin(np.arange(SECONDS * 16_000) / 3_000.0)) * 3_000.0
        return (rng.standard_normal(SECONDS * 16_000) * swell).astype(np.int16), "noise (set EDGE_SER_DATA for speech)"
    soundfile = importlib.import_module("soundfile")
    speech = np.concatenate([soundfile.read(path, dtype="int16")[0] for path in paths])
    return np.resize(speech, SECONDS * 16_000), "speech (EmoDB)"


def chunks(samples: Int16, size: int = CHUNK) -> list[Int16]:
    """Cut samples into chunks, by default the blocks that a microphone delivers, 100 ms each."""
    return [samples[begin : begin + size] for begin in range(0, len(samples), size)]


def frames_of(samples: Int16) -> npt.NDArray[np.int16]:
    """Return overlapping frames, shape ``(n, 512)``, int16."""
    return np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[:: PARAMETERS.hop_samples]


# What is measured: each returns functions without arguments, by name --------------------------------------------------


def ours(samples: Int16) -> dict[str, Callable[[], Any]]:
    """This project's front end, and numpy's transform alone."""
    log_mel, front_end, cut = LogMel(PARAMETERS), FrontEnd(PARAMETERS), chunks(samples)
    hann = np.hanning(WINDOW + 1)[:-1]

    def batch() -> None:
        front_end.reset()
        front_end.process(samples)
        front_end.finish()

    def log_mel_stream() -> None:
        log_mel.reset()
        for chunk in cut:
            log_mel.process(chunk)

    def stream(cut: Sequence[Int16]) -> None:
        front_end.reset()
        for chunk in cut:
            front_end.process(chunk)
        front_end.finish()

    halves = chunks(samples, 5 * CHUNK)
    return {
        BASE: batch,
        "edge-ser, 0.5 s at a time, as `listen` does": lambda: stream(halves),
        "edge-ser, 100 ms at a time": lambda: stream(cut),
        "edge-ser, log-mel only, 100 ms at a time": log_mel_stream,
        "numpy float64 rfft alone": lambda: np.fft.rfft(frames_of(samples) * hann),
    }


def librosa(samples: Int16) -> dict[str, Callable[[], Any]]:
    """librosa.feature.mfcc in float32."""
    feature = importlib.import_module("librosa").feature
    x = samples.astype(np.float32) / 32_768
    settings: dict[str, Any] = {
        "n_mfcc": 40,
        "n_fft": WINDOW,
        "hop_length": PARAMETERS.hop_samples,
        "n_mels": 40,
        "htk": True,
    }
    settings |= {"fmin": 60, "fmax": 5_000, "center": False}
    return {"librosa": lambda: feature.mfcc(y=x, sr=16_000, **settings)}


def python_speech_features(samples: Int16) -> dict[str, Callable[[], Any]]:
    """python_speech_features.mfcc in float64."""
    psf = importlib.import_module("python_speech_features")
    settings: dict[str, Any] = {"winlen": 0.032, "winstep": 0.016, "numcep": 40, "nfilt": 40, "nfft": WINDOW}
    settings |= {"lowfreq": 60, "highfreq": 5_000, "ceplifter": 0, "appendEnergy": False, "winfunc": np.hanning}
    return {"python_speech_features": lambda: psf.mfcc(samples, 16_000, **settings)}


def pymicro_features(samples: Int16) -> dict[str, Callable[[], Any]]:
    """TensorFlow Lite Micro's front end: log-mel only, 30 ms frames every 10 ms, 40 bands, which is fixed."""
    micro = importlib.import_module("pymicro_features").MicroFrontend()
    content, window = samples.tobytes(), 2 * 160

    def run() -> None:
        micro.reset()
        position = 0
        while position + window <= len(content):
            position += 2 * micro.process_samples(content[position : position + window]).samples_read or window

    return {"pymicro-features (log-mel, 10 ms hop)": run}


def cmsisdsp(samples: Int16) -> dict[str, Callable[[], Any]]:
    """CMSIS-DSP's MFCC through its Python package."""
    runs = {name: _cmsis(name) for name in ("f32", "q31", "q15")}
    frames = frames_of(samples)

    def loop(run: Callable[[Int16], Any]) -> Callable[[], Any]:
        return lambda: [run(frame) for frame in frames]

    return {f"cmsisdsp {name}": loop(run) for name, run in runs.items()}


def _cmsis(name: str) -> Callable[[Int16], Float]:
    """Return a function from an int16 frame to cepstra in natural logarithms."""
    dsp = importlib.import_module("cmsisdsp")
    fixed = importlib.import_module("cmsisdsp.fixedpoint")
    tables = importlib.import_module("cmsisdsp.mfcc")
    types = importlib.import_module("cmsisdsp.datatype")
    kind = {"f32": types.F32, "q31": types.Q31, "q15": types.Q15}[name]
    lengths, positions, filters = tables.melFilterMatrix(kind, 60, 5_000, 40, 16_000, WINDOW)
    window = types.convert(np.hanning(WINDOW + 1)[:-1], kind)
    state = getattr(dsp, f"arm_mfcc_instance_{name}")()
    arguments = (state, WINDOW, 40, 40, tables.dctMatrix(kind, 40, 40), positions, lengths, filters, window)
    if getattr(dsp, f"arm_mfcc_init_{name}")(*arguments) != 0:
        raise RuntimeError(f"arm_mfcc_init_{name} refused its arguments")
    process = getattr(dsp, f"arm_mfcc_{name}")
    if name == "f32":
        scratch = np.zeros(WINDOW + 2, np.float32)
        return lambda frame: np.asarray(process(state, frame.astype(np.float32) / 32_768, scratch), np.float64)
    if name == "q31":
        scratch = np.zeros(2 * WINDOW, np.int32)
        return lambda frame: fixed.Q31toF32(process(state, frame.astype(np.int32) << 16, scratch)[1]) * 256.0
    scratch = np.zeros(2 * WINDOW, np.int32)
    return lambda frame: fixed.Q15toF32(process(state, frame, scratch)[1]) * 256.0


# Precision -----------------------------------------------------------------------------------------------------------


def signal_to_error(exact: Float, found: Float) -> float:
    """Return the signal-to-error ratio of all cepstra except the first, dB."""
    exact, found = exact[:, 1:], found[:, 1:]
    return 10 * math.log10(float(np.sum(exact**2)) / float(np.sum((exact - found) ** 2)))


def precision(samples: Int16) -> dict[str, float]:
    """Return the signal-to-error ratio of each fixed-point library against its own definition in float64, dB.

    Ours limits the range and removes the running mean, so that its signal is smaller than that of plain cepstra.
    """
    weights, dct = mel_weights(PARAMETERS), dct_matrix(40, 40)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    x = samples.astype(np.float64)
    y = 32.0 * x - 31.0 * np.concatenate((x[:1], x[:-1]))
    spectrum = np.fft.rfft(np.lib.stride_tricks.sliding_window_view(y, WINDOW)[:: PARAMETERS.hop_samples] * hann)
    log = np.log2(np.maximum(np.abs(spectrum * 2.0**7) ** 2 @ weights * 2.0, _LEAST))
    log = np.maximum(log, 28.0)
    settle, mfcc = PARAMETERS.settle_frames, Mfcc(PARAMETERS)
    peak = np.maximum.accumulate(log.max(axis=1, keepdims=True))
    peak[:settle] = peak[settle - 1]
    exact = np.maximum(log, peak - PARAMETERS.dynamic_range_log2) @ dct
    means = np.cumsum(exact, axis=0) / np.arange(1, len(exact) + 1)[:, None]
    means[:settle] = means[settle - 1]
    cepstra = np.concatenate((mfcc.process(LogMel(PARAMETERS).process(samples)), mfcc.finish()))
    found = {"edge-ser": signal_to_error(exact - means, cepstra / 2.0**CEPSTRA_FRACTION_BITS)}
    frames = frames_of(samples)
    loud = frames[np.abs(frames).max(axis=1) > 0]
    magnitude = np.abs(np.fft.rfft(loud / 32_768 * hann)) @ weights
    for name in ("f32", "q31", "q15"):
        try:
            run = _cmsis(name)
        except ImportError:
            break
        found[f"cmsisdsp {name}"] = signal_to_error(
            np.log(magnitude + 1e-6) @ dct, np.array([run(frame) for frame in loud])
        )
    return found


def gather(samples: Int16) -> tuple[list[Work], list[str]]:
    """Return what can be timed here, and a note for each library that is not installed.

    Args:
        samples: :data:`SECONDS` of audio.
    """
    works: list[Work] = []
    notes = []
    for group in (ours, librosa, python_speech_features, pymicro_features, cmsisdsp):
        try:
            works += [Work(name, SECONDS, run) for name, run in group(samples).items()]
        except ImportError as error:
            notes.append(f"left out: {group.__name__} ({error}): pip install -e '.[peers]'")
    return works, notes


def main() -> int:
    """Measure everything in turns, and print the tables."""
    samples, what = recording()
    works, notes = gather(samples)
    costs = in_turns(works, ROUNDS, lambda: None)
    lines = [f"{SECONDS} s of {what}, numpy {np.__version__}, one thread, median of {ROUNDS} turns", ""]
    lines += ["| | µs per second of audio | best | edge-ser's batch takes |", "|---|---:|---:|---:|"]
    for name, values in costs.items():
        cost, share = Spread.of(values), ratio(costs[BASE], values)
        lines.append(f"| {name} | {cost.median * 1e6:.0f} | {cost.least * 1e6:.0f} | {share.median:.2f}x |")
    lines += ["", "| signal to error against float64, without c0 | full level | 40 dB down |", "|---|---:|---:|"]
    full, down = precision(samples), precision((samples // 100).astype(np.int16))
    lines += [f"| {name} | {full[name]:.1f} dB | {down[name]:.1f} dB |" for name in full]
    sys.stdout.write("\n".join([*lines, *notes]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
