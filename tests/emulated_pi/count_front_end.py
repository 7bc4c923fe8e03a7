"""Count the arm64 instructions that the front end takes a second of audio, and check its bits there (README.md)."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 10
REGIONS = {
    1: "LogMel, 100 ms at a time",
    2: "FrontEnd, 100 ms at a time",
    3: "FrontEnd, 10 s at once",
    4: "float64 rfft alone",
}


def main() -> int:
    """Run the guest's script under the emulator and print its counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", default=os.environ.get("PI_EMULATOR"), help="the emulator; or $PI_EMULATOR")
    parser.add_argument("--image", default="frontend", help="image with numpy < 2 in /opt/venv")
    arguments = parser.parse_args()
    if not arguments.emulator:
        parser.error("say where the emulator is: --emulator FILE, or PI_EMULATOR")
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__", "models")
        for part in ("edge_ser", "tests/golden", "tests/emulated_pi"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=ignored)
        command = [sys.executable, arguments.emulator, "user", "--image", arguments.image, "--files", folder, "--count"]
        command += ["--", "/opt/venv/bin/python", "/payload/tests/emulated_pi/front_end.py"]
        run = subprocess.run(command, capture_output=True, text=True)
    output = run.stdout + run.stderr
    marks = [(int(region), int(total)) for region, total in re.findall(r"insns mark (\d+) (\d+)", output)]
    if run.returncode or len(marks) != 10:
        sys.stdout.write(output)
        return run.returncode or 1
    sys.stdout.write("".join(line + "\n" for line in run.stdout.splitlines() if line.startswith(("golden", "differs"))))
    second_round = marks[5:]
    for (region, begin), (_, end) in pairwise(second_round):
        sys.stdout.write(
            f"{REGIONS[region]:28} {(end - begin) / SECONDS / 1e6:6.2f} M instructions a second of audio\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
