"""Our block in a Raspberry Pi's `config.txt`: adding it, removing it, and finding what conflicts with it.

Text in, text out.  The text is the file's bytes as Latin-1, so that everything in it is preserved: only our own block
is ever written or removed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_ser.errors import FirmwareFileOdd

_BEGIN: Final = "# >>> edge-ser >>>"
_END: Final = "# <<< edge-ser <<<"
"""Start of our block's first line, before the profile's name, and our block's last line."""

_ALL: Final = "[all]"
"""Ends every condition: the lines before our block may be in a section such as `[pi4]`."""

_NONE: Final = "[none]"
"""Lines in this section never take effect."""

_NO_NEWLINE: Final = "# There was no newline before this block."
"""Line in our block that records this, so that `revert` can restore the file exactly."""

_BOM: Final = "\xef\xbb\xbf"
"""Byte order mark that Windows editors write, as Latin-1."""

_TAKES_I2S: Final = re.compile(
    r"adau1977|adau7002|akkordion|allo-|applepi-dac|audioinjector|audiosense|chipdip|cirrus|dacberry"
    r"|dionaudio|draws|fe-pi|ghost-amp|googlevoicehat|hifiberry|i-sabre|i2s-|interludeaudio|iqaudio|justboom|max98357a"
    r"|mbed-dac|merus-amp|pcm5102|pibell|pifi-|pisound|proto-codec|respeaker|rpi-cirrus|rpi-codeczero|rpi-dac"
    r"|rpi-digiampplus|rpi-proto|rra-digidac|rt5616|seeed-.*voicecard|superaudioboard|tc358743-audio|udrc|ugreen-dabboard"
    r"|wm8960"
)
"""Beginnings of the names of overlays that use the only I2S bus; i2s-mmap does nothing, and is allowed."""


@dataclass(frozen=True)
class Profile:
    """A microphone, and its lines for `config.txt`."""

    name: str
    """The name to type."""
    title: str
    """Name of the microphone in lists."""
    card: str
    """ALSA's name of the resulting card, as in ``hw:CARD=name``."""
    device: str
    """Part of PortAudio's name of it, for ``edge-ser listen --device``."""
    options: tuple[str, ...]
    """Lines for `config.txt`."""


@dataclass(frozen=True)
class _Block:
    """Position of our block, in line numbers from 0."""

    begin: int
    end: int
    """The line after its last."""
    profile: str
    """The profile's name."""


@dataclass(frozen=True)
class _Option:
    """A line of the owner's that sets an option."""

    line: int
    """Its number, from 1."""
    section: str
    """The condition it is in, ``[all]`` for none."""
    key: str
    value: str


def parse_profile(name: str, text: str) -> Profile:
    """Parse a profile: a head of ``# key: value`` lines, comments, and lines for `config.txt`."""
    head = dict(re.findall(r"^# (title|card|device): (.+)$", text, re.MULTILINE))
    options = tuple(line for line in text.splitlines() if line and not line.startswith("#"))
    return Profile(name, head["title"], head["card"], head["device"], options)


def applied(text: str) -> str | None:
    """Return the name of the profile whose block is in `config.txt`, if one is.

    Raises:
        FirmwareFileOdd: our block is in it twice, or is damaged.
    """
    block = _find(_lines(text))
    return None if block is None else block.profile


def apply(text: str, profile: Profile) -> str:
    """Return `config.txt` with the profile's block, which replaces an existing one or is added at the end.

    The block leaves out what the owner has already set; if nothing is left, there is no block.

    Raises:
        FirmwareFileOdd: our block is in it twice, or is damaged.
    """
    lines = _lines(text)
    block = _find(lines)
    theirs = list(_options(lines, block))
    wanted = [option for option in profile.options if _set_in(option, theirs) is None]
    if not wanted:
        return revert(text)
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    body = [f"{_BEGIN} {profile.name}  (`sudo edge-ser firmware revert` removes it)", _ALL, *wanted, _END]
    if block is not None:
        ours = lines[block.begin : block.end]
        newline = _newline_of(ours[0])
        if _joined(ours):
            body.insert(1, _NO_NEWLINE)
        # The block's last line may be the file's last, without a newline.
        return "".join([*lines[: block.begin], newline.join(body), _newline_of(ours[-1]), *lines[block.end :]])
    if lines and not lines[-1].endswith("\n"):
        body.insert(1, _NO_NEWLINE)
        lines.append(newline)
    return "".join(lines) + newline.join(body) + newline


def revert(text: str) -> str:
    """Return `config.txt` without our block; lines that the owner added since stay, with the same effect.

    Raises:
        FirmwareFileOdd: our block is in it twice, or is damaged.
    """
    lines = _lines(text)
    block = _find(lines)
    if block is None:
        return text
    before, ours, after = lines[: block.begin], lines[block.begin : block.end], lines[block.end :]
    newline = _newline_of(ours[0])
    if _section_after(before) != _ALL and _depends(after):
        return "".join([*before, _ALL, newline, *after])  # our [all] applied to them too
    if _joined(ours) and not after and before:
        before[-1] = before[-1].removesuffix(newline)
    return "".join([*before, *after])


def remarks(text: str, profile: Profile) -> list[str]:
    """Return remarks on the owner's settings that concern a profile, a line each.

    Raises:
        FirmwareFileOdd: our block is in it twice, or is damaged.
    """
    lines = _lines(text)
    block = _find(lines)
    theirs = list(_options(lines, block))
    found = []
    for option in profile.options:
        there = _set_in(option, theirs)
        if there is not None:
            found.append(f"line {there.line} already sets {option}")
    ours = {_overlay(option) for option in profile.options}
    for there in theirs:
        overlay = _overlay(f"{there.key}={there.value}")
        if there.section == _NONE:
            continue
        if overlay and overlay in ours and there.section != _ALL:
            found.append(f"line {there.line} loads {overlay} too, under {_readable(there.section)}: remove it there")
        elif overlay and overlay not in ours and overlay != "i2s-mmap" and _TAKES_I2S.match(overlay):
            found.append(
                f"line {there.line} loads {_readable(overlay)}, which uses I2S as {profile.name} does: "
                "only one of them can work, so put a # before that line, or revert this"
            )
        elif there.key == "include":
            found.append(f"line {there.line} includes {_readable(there.value)}, which is not checked")
    return found


def _lines(text: str) -> list[str]:
    # Not splitlines(): it also splits at characters that do not end a line for the firmware.
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _newline_of(line: str) -> str:
    return "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""


def _joined(ours: list[str]) -> bool:
    return any(line.strip() == _NO_NEWLINE for line in ours)


def _find(lines: list[str]) -> _Block | None:
    begins = [number for number, line in enumerate(lines) if line.startswith(_BEGIN)]
    ends = [number for number, line in enumerate(lines) if line.startswith(_END)]
    if not begins and not ends:
        return None
    advice = "correct it by hand: remove the lines of edge-ser, then apply again"
    if len(begins) > 1:
        raise FirmwareFileOdd(f"config.txt has a second block of edge-ser at line {begins[1] + 1}; {advice}")
    if not ends:
        raise FirmwareFileOdd(f"config.txt: the block of edge-ser at line {begins[0] + 1} has no end; {advice}")
    if not begins or ends[0] < begins[0]:
        raise FirmwareFileOdd(
            f"config.txt: the block of edge-ser that ends at line {ends[0] + 1} has no beginning; {advice}"
        )
    if len(ends) > 1:
        raise FirmwareFileOdd(f"config.txt: the block of edge-ser ends a second time at line {ends[1] + 1}; {advice}")
    if lines[ends[0]].strip() != _END or not lines[begins[0]].endswith("\n"):
        raise FirmwareFileOdd(f"config.txt: line {ends[0] + 1}, the end of edge-ser's block, was changed; {advice}")
    name = lines[begins[0]].removeprefix(_BEGIN).split()
    if not name:
        raise FirmwareFileOdd(f"config.txt: line {begins[0] + 1}, edge-ser's block, names no profile; {advice}")
    return _Block(begins[0], ends[0] + 1, name[0])


def _options(lines: list[str], block: _Block | None) -> Iterator[_Option]:
    """Yield the owner's options; our block has none, but it ends the section before it."""
    section = _ALL
    for number, line in enumerate(lines):
        if block is not None and block.begin <= number < block.end:
            section = _ALL
            continue
        plain = line.removeprefix(_BOM).strip()
        if plain.startswith("["):
            section = plain
        elif plain.startswith("include "):
            yield _Option(number + 1, section, "include", plain.removeprefix("include ").strip())
        elif plain and not plain.startswith("#"):
            key, _, value = plain.partition("=")
            yield _Option(number + 1, section, key.strip(), value.strip())


def _section_after(lines: list[str]) -> str:
    headers = [plain for line in lines if (plain := line.removeprefix(_BOM).strip()).startswith("[")]
    return headers[-1] if headers else _ALL


def _depends(lines: list[str]) -> bool:
    """Whether these lines set something before their first section begins."""
    for line in lines:
        plain = line.strip()
        if plain and not plain.startswith("#"):
            return not plain.startswith("[")
    return False


def _set_in(option: str, theirs: list[_Option]) -> _Option | None:
    """Return the owner's line that sets an option on every Pi, if there is one."""
    key, _, value = option.partition("=")
    if key == "dtoverlay":
        same = [there for there in theirs if _overlay(f"{there.key}={there.value}") == _overlay(option)]
        return next((there for there in same if there.section == _ALL), None)
    name = value.partition("=")[0]
    last = None  # the last line takes effect
    for there in theirs:
        if there.key == key:
            for setting in there.value.split(","):
                if setting.partition("=")[0] == name:
                    last = (there, setting)
    if last is None or last[0].section != _ALL:
        return None
    return last[0] if last[1].partition("=")[2] in ("", "on", "true", "yes", "1") else None


def _overlay(option: str) -> str | None:
    key, _, value = option.partition("=")
    return value.partition(",")[0].strip() or None if key == "dtoverlay" else None


def _readable(text: str) -> str:
    return text.encode("latin-1").decode(errors="backslashreplace")
