"""Makes the pictures of the documentation: python -m tests.pictures [OUT_DIR], by default beside this file.

Needs EDGE_SER_DATA with EmoDB (CC0), `edge-ser[plots,dashboard]`, and Debian's chromium, chromium-driver and
fonts-noto-cjk.  The speaker is number 16, whom the bundled model was not trained on.  It takes a minute, because the
page runs in real time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import soundfile
from PIL import Image

from tests.cli.command import run
from tests.conftest import HOW_TO_GET
from tests.dashboard import screenshot
from tests.pictures import conversation, week

EXPLAINED = "16b10Tb.flac"
"""Acted as sad; the model wavers, which makes the picture interesting."""


def main(out: Path) -> None:
    """Write page.png, report.png and inspect.png."""
    clips = Path(os.environ.get("EDGE_SER_DATA", "")).absolute() / "emodb"
    if not clips.is_dir():
        raise SystemExit(HOW_TO_GET)
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        history, sound = Path(name) / "history.sqlite", Path(name) / "conversation.wav"
        week.write(history, clips)
        edge_ser("report", "--file", history, "--since", week.FIRST, "--until", week.LAST, out / "report.png")
        edge_ser("inspect", EXPLAINED, out / "inspect.png", cwd=clips)  # the picture shows the name as given
        soundfile.write(sound, conversation.joined(clips), conversation.RATE)
        screenshot.main(out / "page.png", recording=sound, after=conversation.UTTERANCES - 1)
    for picture in ("page.png", "report.png", "inspect.png"):
        make_small(out / picture)


def make_small(path: Path) -> None:
    """Give a picture a palette: it looks the same and loads faster."""
    with Image.open(path) as picture:
        # By coverage: other methods lose the colours of thin lines.
        small = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def edge_ser(*arguments: str | Path, cwd: Path | None = None) -> None:
    done = run(*arguments, env=os.environ | {"TZ": week.TIME_ZONE}, cwd=cwd)
    if done.returncode:
        raise SystemExit(done.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
