"""Makes the demonstration recording that ships with the package: ``python -m training.demonstration OUT.flac``.

espeak-ng (`apt install espeak-ng`) speaks four sentences with different pitch, speed and loudness.  Synthetic speech
shows that the software works; it is no evidence of accuracy.
"""

from __future__ import annotations

import io
import subprocess
import sys
from typing import Final

import numpy as np
import soundfile

from edge_ser.audio import SAMPLE_RATE
from edge_ser.sources.resample import Resampler

# text, pitch (0 to 99), words per minute, peak (share of full scale)
SENTENCES: Final = (
    ("Good morning. The kitchen light is on, and the window is closed.", 45, 160, 0.35),
    ("I told you three times already! Why is the door still open?", 70, 230, 0.9),
    ("That is wonderful news! I can not wait to see all of you tonight!", 90, 200, 0.7),
    ("It has been a long day. I would rather be alone for a while.", 20, 110, 0.15),
)
PAUSE: Final = 1.0  # s, before, between and after the sentences


def main() -> None:
    """Write the recording to the file named by the first argument."""
    silence = np.zeros(round(PAUSE * SAMPLE_RATE), np.int16)
    parts = [silence]
    for text, pitch, speed, level in SENTENCES:
        command = ["espeak-ng", "-v", "en-us", "-p", str(pitch), "-s", str(speed), "--stdout", text]
        wav = subprocess.run(command, check=True, capture_output=True).stdout
        samples, rate = soundfile.read(io.BytesIO(wav), dtype="int16")
        resampler = Resampler(rate)
        speech = np.concatenate((resampler.process(samples), resampler.finish())).astype(np.float64)
        parts += [np.round(speech / np.abs(speech).max() * level * 32_767).astype(np.int16), silence]
    # A room is never digitally silent: add noise of a few int16 steps, always the same.
    recording = np.concatenate(parts) + np.round(np.random.default_rng(1).normal(0, 6, sum(map(len, parts))))
    soundfile.write(sys.argv[1], np.clip(recording, -32_768, 32_767).astype(np.int16), SAMPLE_RATE, format="FLAC")


if __name__ == "__main__":
    main()
