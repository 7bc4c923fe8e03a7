"""Count the arm64 instructions per second of audio, of each stage and of a peer (README.md)."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from counts import aligned, bars, by_group, complete, instructions, markdown, marks_of, tables
from recordings import RATE, ROOT, clip, noise

IMAGE = "edge-ser-counts"
PROVISION = """set -e
python3 -m venv /opt/venv
/opt/venv/bin/pip install -q numpy==1.26.4 tflite-runtime==2.14.0 webrtcvad-wheels==2.0.14.post1 click==8.1.8
"""
RECORDINGS, SEED = 8, 1
QUIET = 20.0  # s


def main() -> int:
    """Count and print; the exit status is 1 if a golden vector differs or a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", default=os.environ.get("PI_EMULATOR"), help="the emulator; or $PI_EMULATOR")
    parser.add_argument("--cpu", default="cortex-a53", help="which processor it is  [default: %(default)s, a Pi 3's]")
    parser.add_argument("--format", choices=("table", "json", "markdown"), default="table", help="how to print")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write FILE too, as JSON, and FILE.md beside it")
    arguments = parser.parse_args()
    if not arguments.emulator:
        parser.error("say where the emulator is: --emulator FILE, or PI_EMULATOR")
    _make_image(arguments.emulator)
    with tempfile.TemporaryDirectory() as folder:
        heard = _lay(Path(folder))
        run = _run(arguments.emulator, arguments.cpu, Path(folder))
    if run.returncode:
        sys.stderr.write(run.stdout + run.stderr)
        return run.returncode
    result = _result(run, heard, arguments.cpu)
    printed = {form: _text(result, form) for form in ("table", "json", "markdown")}
    sys.stdout.write(printed[arguments.format])
    if arguments.save:
        arguments.save.write_text(printed["json"])
        arguments.save.with_suffix(".md").write_text(printed["markdown"])
    return int(any(bar.verdict == "MISSED" for bar in bars(result["million instructions a second"])))


def _make_image(emulator: str) -> None:
    """Make the image, once per machine and with network access, where the emulator keeps images."""
    home = os.environ.get("PIEMU_HOME") or str(Path(tempfile.gettempdir()) / "pi-emulator")
    if (Path(home) / "img" / f"{IMAGE}.ext4").exists():
        return
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(PROVISION)
        script.flush()
        subprocess.run([sys.executable, emulator, "image", IMAGE, "--script", script.name], check=True)


def _lay(folder: Path) -> dict[str, str]:
    """Put the programs and sounds into a folder; return a description of the sounds."""
    ignored = shutil.ignore_patterns("__pycache__", "results")
    for part in ("edge_ser", "systemd", "tests/golden", "tests/emulated_pi"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    corpora = os.environ.get("EDGE_SER_DATA")
    if corpora:
        paths = random.Random(SEED).sample(sorted((Path(corpora) / "emodb").glob("*.flac")), RECORDINGS)
    else:
        paths = [ROOT / "edge_ser" / "demonstration.flac"]
    speech = np.concatenate([clip(path).samples for path in paths])
    sounds = folder / "sounds"
    sounds.mkdir()
    np.save(sounds / "speech.npy", speech)
    np.save(sounds / "quiet.npy", noise(np.random.default_rng(SEED), QUIET))
    peers = [sys.executable, "-m", "training.benchmarks.light_sernet", str(sounds)]
    subprocess.run(peers, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (sounds / "light-sernet-int8.tflite").unlink(missing_ok=True)  # the most expensive of its forms
    source = f"EmoDB {' '.join(path.stem for path in paths)}" if corpora else "the demonstration of the package"
    return {"speech": f"{len(speech) / RATE:.1f} s, {source}", "quiet": f"{QUIET:.0f} s of noise, deviation 4 LSB"}


def _run(emulator: str, cpu: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, emulator, "user", "--image", IMAGE, "--files", str(folder), "--cpu", cpu, "--count"]
    command += ["--", "/opt/venv/bin/python", "/payload/tests/emulated_pi/path.py", "/payload/sounds"]
    return subprocess.run(command, capture_output=True, text=True)


def _result(run: subprocess.CompletedProcess[str], heard: dict[str, str], cpu: str) -> dict[str, Any]:
    """Combine the counts with a description of what was measured."""
    *lines, last = run.stdout.splitlines()
    told = json.loads(last)
    marks = marks_of(run.stderr)
    groups = by_group(instructions(marks, told["regions"]), told["seconds"])
    groups.pop("marks")
    complete(groups, told["seconds"])
    model = (ROOT / "edge_ser" / "models" / "default.tflite").read_bytes()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return {
        "million instructions a second": groups,
        "heard": heard,
        "commit": commit.stdout.strip(),
        "model": hashlib.sha256(model).hexdigest()[:16],
        "processor": cpu,
        **told["facts"],
        "golden vectors": next(line for line in lines if line.startswith("golden")).partition(": ")[2],
        "emotion events": sum('"event": "emotion"' in line for line in lines),
    }


def _text(result: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(result, indent=1, default=str) + "\n"
    lay = markdown if form == "markdown" else aligned
    facts = "; ".join(f"{key} {value}" for key, value in result.items() if isinstance(value, str))
    heard = "; ".join(f"{key}: {value}" for key, value in result["heard"].items())
    return "\n".join([*map(lay, tables(result["million instructions a second"])), f"{heard}.\n", f"{facts}.\n"])


if __name__ == "__main__":
    sys.exit(main())
