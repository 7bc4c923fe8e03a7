"""The formats of a report, by the suffix of its file."""

from __future__ import annotations

from edge_ser.reports.history.figures import Figures


def render(suffix: str, figures: Figures) -> bytes:
    """Return the content of a report's file.

    Args:
        suffix: ``.html``, ``.png`` or ``.txt``.
        figures: What to report.

    Raises:
        EdgeSerError: the picture cannot be drawn; the message says what to do.
    """
    if suffix == ".png":
        from edge_ser.reports.history import picture

        return picture.render(figures)
    if suffix == ".html":
        from edge_ser.reports.history import page

        return page.render(figures).encode("utf-8", "backslashreplace")
    from edge_ser.reports.history import text

    return text.render(figures).encode("utf-8", "backslashreplace")
