"""The block in config.txt, the profiles, and the udev rules and ALSA configuration that are shipped."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge_ser import paths
from edge_ser.errors import FirmwareFileOdd
from edge_ser.firmware import block, files
from edge_ser.firmware.block import applied, apply, remarks, revert

SAMPLES = {path.stem: path.read_bytes().decode("latin-1") for path in Path(__file__).parent.glob("config_txt/*.txt")}
PROFILES = files.profiles()
INMP441, RESPEAKER = PROFILES["inmp441"], PROFILES["respeaker-2mic"]
FOLDER = paths.resource_folder("firmware_config")

# Mostly what means something to the firmware or to us, and sometimes anything else.
_PIECES = ["[all]", "[pi4]", "[none]", "[EDID=X]", "dtparam=i2s=on", "dtparam=i2s=off", "dtparam=i2c_arm=on,i2s", "#"]
_PIECES += [
    "dtoverlay=googlevoicehat-soundcard",
    "dtoverlay=",
    "include x",
    "\xef\xbb\xbf",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\x85",
]
_LATIN_1 = st.text(st.characters(max_codepoint=255), max_size=20)
texts = st.lists(st.sampled_from(_PIECES) | st.just("\n") | _LATIN_1, max_size=30).map("".join)
profiles = st.sampled_from(sorted(PROFILES)).map(PROFILES.__getitem__)


def block_of(text: str) -> list[str]:
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("# >>> edge-ser >>>"))
    return lines[begin : lines.index("# <<< edge-ser <<<") + 1]


# Whatever the contents -----------------------------------------------------------------------------------------------


@given(texts, profiles)
@example("", INMP441)
@example("a", INMP441)
@example("a\r", INMP441)
@example("a\r\nb", INMP441)
@example("\r\n", INMP441)
def test_apply_then_revert_gives_the_same_bytes_back(text: str, profile: block.Profile) -> None:
    assert revert(apply(text, profile)) == text


@given(texts, profiles, profiles)
def test_the_last_profile_applied_counts(text: str, first: block.Profile, last: block.Profile) -> None:
    once = apply(text, last)
    assert apply(once, last) == once
    assert apply(apply(text, first), last) == once
    assert applied(once) == (last.name if once != text else None)


@given(texts, texts, profiles)
def test_text_outside_the_block_is_untouched(text: str, later: str, profile: block.Profile) -> None:
    done = apply(text, profile)
    assert done.startswith(text)
    edited = done + later  # the owner goes on after our block
    if done == text or not done.endswith("\n"):
        return
    assert apply(edited, RESPEAKER).startswith(text)
    assert apply(edited, RESPEAKER).endswith(later)
    assert revert(edited).startswith(text)
    assert revert(edited).endswith(later)


@given(texts)
def test_without_a_block_there_is_nothing_to_revert(text: str) -> None:
    assert revert(text) == text
    assert applied(text) is None


# Samples -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(SAMPLES))
@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_samples_there_and_back(name: str, profile: str) -> None:
    text = SAMPLES[name]
    done = apply(text, PROFILES[profile])
    assert done.startswith(text)
    assert applied(done) == profile or done == text
    assert revert(done) == text


@pytest.mark.parametrize("name", ["bookworm", "trixie", "bullseye"])
def test_the_block_in_a_file_as_delivered(name: str) -> None:
    done = apply(SAMPLES[name], INMP441)
    head, *rest = block_of(done)
    assert head.startswith("# >>> edge-ser >>> inmp441 ")
    assert rest == ["[all]", "dtparam=i2s=on", "dtoverlay=googlevoicehat-soundcard", "# <<< edge-ser <<<"]
    assert done.endswith("# <<< edge-ser <<<\n")
    assert remarks(SAMPLES[name], INMP441) == []


def test_the_block_has_the_line_ends_of_the_file() -> None:
    block = apply(SAMPLES["windows"], INMP441).removeprefix(SAMPLES["windows"])
    assert block.startswith("\r\n# >>>")
    assert block.count("\n") == block.count("\r\n") == len(block.splitlines())


def test_options_set_by_the_owner_are_not_repeated() -> None:
    text = SAMPLES["owner_i2s"]
    assert apply(text, INMP441) == text
    assert remarks(text, INMP441) == [
        "line 1 already sets dtparam=i2s=on",
        "line 7 already sets dtoverlay=googlevoicehat-soundcard",
    ]
    assert block_of(apply(text, PROFILES["pdm"]))[1:-1] == ["[all]", "dtoverlay=adau7002-simple"]


def test_block_goes_once_the_owner_sets_its_lines() -> None:
    done = apply("a=1\n", INMP441)
    mine = "dtparam=i2s=on\ndtoverlay=googlevoicehat-soundcard\n"
    assert apply(done + mine, INMP441) == "a=1\n" + mine


def test_another_sound_card_is_warned_of() -> None:
    text = SAMPLES["hifiberry"]
    (warning,) = remarks(text, INMP441)
    assert warning.startswith("line 5 loads hifiberry-dacplus, which uses I2S as inmp441 does")
    assert "dtparam=i2s=on" in block_of(apply(text, INMP441))  # its last word was off


def test_conditions_and_includes_are_seen() -> None:
    text = SAMPLES["sections"]
    assert "dtparam=i2s=on" in block_of(apply(text, INMP441))
    assert "dtoverlay=googlevoicehat-soundcard" in block_of(apply(text, INMP441))
    assert [remark.partition(",")[0].partition(":")[0] for remark in remarks(text, INMP441)] == [
        "line 2 includes extra.txt",
        "line 15 loads googlevoicehat-soundcard too",
    ]


@pytest.mark.parametrize(
    ("text", "is_set"),
    [
        ("dtparam=i2s=on\n", True),
        ("dtparam=i2s\n", True),
        ("dtparam=spi=on,i2s=1\n", True),
        ("\xef\xbb\xbfdtparam=i2s=on\n", True),
        ("[pi4]\n[all]\ndtparam=i2s=on\n", True),
        ("#dtparam=i2s=on\n", False),
        ("dtparam=i2s=off\n", False),
        ("[pi4]\ndtparam=i2s=on\n", False),
        ("[none]\ndtparam=i2s=on\n", False),
        ("dtparam=i2s=on\n[pi4]\ndtparam=i2s=off\n", False),
    ],
)
def test_when_an_option_is_in_effect(text: str, is_set: bool) -> None:
    assert ("dtparam=i2s=on" not in block_of(apply(text, INMP441))) == is_set


def test_lines_added_after_the_block_keep_their_section() -> None:
    in_pi4 = "[pi4]\narm_boost=1\n"
    assert revert(apply(in_pi4, INMP441) + "dtparam=spi=on\n") == in_pi4 + "[all]\ndtparam=spi=on\n"
    assert revert(apply(in_pi4, INMP441) + "# note\n[pi5]\na=1\n") == in_pi4 + "# note\n[pi5]\na=1\n"
    assert revert(apply("a=1\n", INMP441) + "b=1\n") == "a=1\nb=1\n"
    # Within the block our [all] counts for what follows it.
    done = apply(in_pi4, INMP441) + "dtparam=i2c_arm=on\n"
    assert "dtparam=i2c_arm=on" not in block_of(apply(done, RESPEAKER))


# Our block, damaged --------------------------------------------------------------------------------------------------

_DONE = apply("a=1\n", INMP441)
_BEGIN_LINE = _DONE.splitlines()[1]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_DONE + _DONE, "line 8"),
        (_DONE.replace("# <<< edge-ser <<<\n", ""), "line 2"),
        (_DONE.replace(_BEGIN_LINE + "\n", ""), "line 5"),
        (_DONE + "# <<< edge-ser <<<\n", "line 7"),
        ("# <<< edge-ser <<<\n" + _DONE, "line 1"),
        (_DONE.rstrip("\n") + "dtparam=spi=on\n", "line 6"),
        (_DONE.replace(_BEGIN_LINE, "# >>> edge-ser >>>"), "line 2"),
    ],
)
def test_a_damaged_block_is_refused(text: str, line: str) -> None:
    for change in (lambda: apply(text, INMP441), lambda: revert(text), lambda: applied(text)):
        with pytest.raises(FirmwareFileOdd, match=rf"\b{line}\b.*by hand"):
            change()


# What is shipped -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_profiles_are_whole(profile: block.Profile) -> None:
    assert all((profile.title, profile.card, profile.device))
    assert re.fullmatch(r"[0-9a-z]{1,15}", profile.card)  # what ALSA allows
    assert sum(option.startswith("dtoverlay=") for option in profile.options) == 1
    assert "Wiring" in files.notes(profile.name)
    no_newline = apply("a", profile)
    assert max(map(len, no_newline.splitlines())) <= 98  # the firmware reads no further
    assert no_newline.isascii()
    # A second sound card is warned of, so each of ours has to be known as one.
    other = replace(profile, name="other", options=("dtoverlay=other",))
    assert any("uses I2S" in remark for remark in remarks("\n".join(profile.options), other))


RULES = (FOLDER / "90-edge-ser.rules").read_text()
_RULE = re.compile(
    r'(SUBSYSTEMS?|KERNELS?|ACTION|TAG|TEST|GOTO|LABEL|ATTRS?\{[\w./]+\}|ENV\{\w+\})(==|!=|=|\+=)"([^"]*)"'
)


def rules(text: str) -> list[list[tuple[str, ...]]]:
    """Split rules into keys, operators and values; whatever is none of them fails."""
    found = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pieces = line.split(", ")
            matches = [_RULE.fullmatch(piece) for piece in pieces]
            assert all(matches), line
            found.append([match.groups() for match in matches if match])
    return found


@pytest.mark.parametrize("text", [RULES, re.sub(r"^#(SUBSYSTEMS=)", r"\1", RULES, flags=re.MULTILINE)])
def test_udev_rules(text: str) -> None:
    keys = rules(text)
    assert len(keys) == 14 + (3 if text != RULES else 0)
    labels = [key[2] for rule in keys for key in rule if key[0] == "LABEL"]
    assert len(labels) == len(set(labels))
    for number, rule in enumerate(keys):
        for key, operator, value in rule:
            if key in ("GOTO", "LABEL"):
                assert operator == "="
            if key == "GOTO":  # forward only
                assert ("LABEL", "=", value) in [found for later in keys[number + 1 :] for found in later]
    assert [("TAG", "+=", "systemd"), ("ENV{SYSTEMD_WANTS}", "+=", "edge-ser.service")] in keys
    assert [("ATTR{id}", "=", "edgeser")] in keys


def test_udev_finds_no_fault() -> None:
    udevadm = shutil.which("udevadm")
    version = int(subprocess.check_output([udevadm, "--version"]).split()[0]) if udevadm else 0
    if udevadm is None or version < 254:
        pytest.skip("no udevadm with `verify`, which is of systemd 254")
    done = subprocess.run(
        [udevadm, "verify", FOLDER / "90-edge-ser.rules"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("i2s", [False, True])
def test_alsa_misses_nothing_but_the_card(tmp_path: Path, i2s: bool) -> None:
    text = (FOLDER / "asound.conf").read_text()
    if i2s:
        text = text.replace("#ttable", "ttable").replace("#format", "format").replace("channels 1", "channels 2")
    if not Path("/usr/share/alsa/alsa.conf").exists():
        pytest.skip("no ALSA (libasound2-data)")
    (tmp_path / "asound.conf").write_text(text)
    (tmp_path / "all.conf").write_text(f"</usr/share/alsa/alsa.conf>\n<{tmp_path / 'asound.conf'}>\n")
    code = (
        "import ctypes\n"
        "alsa, pcm = ctypes.CDLL('libasound.so.2'), ctypes.c_void_p()\n"
        "for name in (b'edgeser', b'edgeser_shared', b'default'):\n"
        "    print(alsa.snd_pcm_open(ctypes.byref(pcm), name, 1, 1))\n"  # 1, 1: recording, without waiting
    )
    env = {**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "all.conf")}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert {int(line) for line in done.stdout.split()} == {-errno.ENODEV}, done.stderr
