"""Test the service on an emulated Raspberry Pi: images, boots, and one guest script per subject (README.md)."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from recordings import RATE, ROOT, clip, data, noise, some, spoken

GUEST = Path(__file__).parent / "guest"
CHECKOUT, INSTALLED, WITH_SINKS = "edge-ser-checkout", "edge-ser", "edge-ser-sinks"
NEAR = 0.15  # largest difference of a probability: TensorFlow Lite's int8 kernels round differently on arm64


@dataclass(frozen=True)
class Subject:
    """A boot: which image, how the emulator runs it, and how long that may take, s."""

    image: str
    options: tuple[str, ...]
    timeout: int


IMAGES = {  # name -> image, the script that makes it, its base image, and what that proves
    "checkout": (CHECKOUT, "checkout.sh", "base", "git, make, and `make listen` in a bare Debian 12"),
    "image": (INSTALLED, "image.sh", CHECKOUT, "`edge-ser service install --root /` from the checkout"),
    "sinks-image": (WITH_SINKS, "sinks_image.sh", INSTALLED, "`edge-ser service install --root / --with ...`"),
}
REAL_TIME = ("--icount", "off", "--smp", "2")
COUNTED = ("--icount", "0", "--sleep", "off", "--smp", "1")  # one instruction per nanosecond
SUBJECTS = {
    "install": Subject(CHECKOUT, (*REAL_TIME, "--net"), 1500),
    "labels": Subject(INSTALLED, COUNTED, 300),
    "faults": Subject(INSTALLED, REAL_TIME, 900),
    "damage": Subject(INSTALLED, REAL_TIME, 600),
    "restarts": Subject(INSTALLED, REAL_TIME, 1500),
    "security": Subject(INSTALLED, REAL_TIME, 300),
    "sinks": Subject(WITH_SINKS, REAL_TIME, 900),
    "cost": Subject(INSTALLED, COUNTED, 600),
}


@dataclass
class Tally:
    """Counts of the proofs, and the figures."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    def take(self, line: str) -> None:
        """Print a line of a guest, and record it if it is a proof or a figure."""
        if line.startswith("figure "):
            name, _, value = line.removeprefix("figure ").partition(": ")
            self.figures[name] = value
            return
        if line.startswith("ok "):
            self.passed += 1
        elif line.startswith("FAILED "):
            self.failed.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def prove(self, passed: bool, text: str) -> None:
        """Print and count a proof."""
        self.take(f"{'ok' if passed else 'FAILED'} {text}")


class Emulator:
    """The program of the emulator."""

    def __init__(self, program: str) -> None:
        self._command = [sys.executable, program]

    def image(self, name: str, script: str, base: str, files: Path) -> None:
        """Make an image from another one by a script that runs in it, with network access."""
        command = [*self._command, "image", name, "--script", str(GUEST / script), "--from", base]
        if subprocess.run([*command, "--files", str(files)]).returncode:
            sys.exit(f"FAILED {script} in the image {base}")

    def boot(self, subject: Subject, script: str, files: Path, out: Path, take: Callable[[str], None]) -> int:
        """Boot an image, run a script in it, pass on its lines as they arrive, and return its exit status."""
        command = [*self._command, "run", str(files), str(GUEST / script), "--image", subject.image, "--out", str(out)]
        command += [*subject.options, "--timeout", str(subject.timeout)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, errors="replace") as process:
            assert process.stdout is not None
            for line in process.stdout:
                take(line.rstrip("\n"))
        return process.returncode


def payload(folder: Path) -> None:
    """Collect the files that the guest scripts need: the scripts, the checkout with its new files, and sounds."""
    for path in GUEST.iterdir():
        shutil.copy(path, folder)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():  # git still lists files that were removed
            copy = folder / "edge-ser" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy)
    rng = np.random.default_rng(5)
    sentence = clip(data() / "emodb" / "03a07Nc.flac").samples
    speech = np.concatenate([part for one in some(20, 7) for part in (one.samples, noise(rng, 0.4))])
    sounds = {
        "sentence": np.concatenate([noise(rng, 1.0), sentence, noise(rng, 1.5)]),
        "spoken": spoken(),
        "noise": noise(rng, 45),
        "speech": speech[: 45 * RATE],
    }
    for name, samples in sounds.items():
        soundfile.write(folder / f"{name}.wav", samples, RATE)


def finals(path: Path) -> list[dict[str, object]]:
    """Return the final events of a file of JSON Lines."""
    return [event for event in map(json.loads, path.read_text().splitlines()) if event.get("final")]


def compare_labels(files: Path, out: Path, tally: Tally) -> None:
    """Compare the guest's events with those of the same recording on this machine."""
    here = out / "here.jsonl"
    command = [sys.executable, "-m", "edge_ser", "listen", "--input", str(files / "spoken.wav"), "--format", "json"]
    with here.open("w") as file:
        subprocess.run(command, stdout=file, check=True, cwd=ROOT)
    expected = finals(here)
    labels = [event["label"] for event in expected]
    for name, text in (("from_file", "from a file"), ("events", "at the microphone")):
        path = out / f"{name}.jsonl"
        heard = finals(path) if path.exists() else []
        found = [event["label"] for event in heard]
        tally.prove(found == labels, f"labels: {text}, those of this machine: {', '.join(map(str, found))}")
        differences = [
            abs(a["probabilities"][emotion] - b["probabilities"][emotion])  # type: ignore[index]
            for a, b in zip(expected, heard, strict=False)
            for emotion in a["probabilities"]  # type: ignore[attr-defined]
        ]
        largest = max(differences, default=float("nan"))
        tally.take(f"figure largest difference of a probability, {text}: {largest:.4f}")
        tally.prove(largest <= NEAR, f"labels: {text}, probabilities within {NEAR}")


def run(name: str, emulator: Emulator, files: Path, tally: Tally) -> None:
    """Boot for one subject and record its proofs and figures."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        status = emulator.boot(SUBJECTS[name], f"{name}.sh", files, out, tally.take)
        tally.prove(status == 0, f"{name}: the guest's script ran to its end ({status})")
        if name == "labels":
            compare_labels(files, out, tally)
    sys.stdout.write(f"{name}: {time.monotonic() - begin:.0f} s\n")


def main() -> int:
    """Build, boot and print; the exit status is 1 if a proof failed."""
    names = ", ".join([*IMAGES, *SUBJECTS])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"all, {names}")
    parser.add_argument("--emulator", default=os.environ.get("PI_EMULATOR"), help="the emulator; or $PI_EMULATOR")
    parser.add_argument("--json", type=Path, help="write proofs and figures there too")
    arguments = parser.parse_args()
    if not arguments.emulator:
        parser.error("say where the emulator is: --emulator FILE, or PI_EMULATOR")
    wanted = arguments.subjects or ["all"]
    if "all" in wanted:
        wanted = [*IMAGES, *SUBJECTS]
    if unknown := set(wanted) - {*IMAGES, *SUBJECTS}:
        parser.error(f"there is no {unknown.pop()}; there are all, {names}")
    emulator, tally = Emulator(arguments.emulator), Tally()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        payload(files)
        for name in wanted:
            if name in IMAGES:
                image, script, base, text = IMAGES[name]
                emulator.image(image, script, base, files)
                tally.prove(True, f"{name}: {text}")
            else:
                run(name, emulator, files, tally)
    for name, value in tally.figures.items():
        sys.stdout.write(f"{name:50} {value}\n")
    sys.stdout.write(f"{tally.passed} proven, {len(tally.failed)} failed\n")
    if arguments.json:
        report = {"proven": tally.passed, "failed": tally.failed, "figures": tally.figures}
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    return bool(tally.failed)


if __name__ == "__main__":
    sys.exit(main())
