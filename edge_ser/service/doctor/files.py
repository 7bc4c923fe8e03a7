"""Reading what the kernel and the system tell in files, which may be missing anywhere."""

from __future__ import annotations

from pathlib import Path


def text_of(path: Path) -> str:
    """Return a file's text; nothing if there is none or it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
