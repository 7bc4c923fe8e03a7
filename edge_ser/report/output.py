"""Writing a report by the ending of its name, whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

from edge_ser.errors import NotPermitted, OutputFailed
from edge_ser.report.figures import Figures
from edge_ser.service import files


def write(path: Path, figures: Figures) -> None:
    """Write a report as ``.html``, ``.png`` or ``.txt``; a file that is there keeps its mode and owner.

    Raises:
        EdgeSerError: it cannot be drawn or written; the message says what to do.
    """
    content = _render(path.suffix.lower(), figures)
    try:
        target = path.resolve()
        files.replace(target, content, target.stat() if target.exists() else None)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputFailed(f"cannot write {path}: the disk is full; free some room or write elsewhere") from None
        reason = error.strerror or str(error)
        raise NotPermitted(
            f"cannot write {path}: {reason}; choose a folder that exists and that you may write to"
        ) from None


def _render(suffix: str, figures: Figures) -> bytes:
    if suffix == ".png":
        from edge_ser.report import picture

        return picture.render(figures)
    if suffix == ".html":
        from edge_ser.report import page

        return page.render(figures).encode("utf-8", "backslashreplace")
    from edge_ser.report import text

    return text.render(figures).encode("utf-8", "backslashreplace")
