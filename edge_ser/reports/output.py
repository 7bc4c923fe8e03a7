"""A report as a file, by the ending of its name."""

from __future__ import annotations

from edge_ser.reports.figures import Figures


def render(suffix: str, figures: Figures) -> bytes:
    """Return a report as ``.html``, ``.png`` or ``.txt``.

    Raises:
        EdgeSerError: it cannot be drawn; the message says what to do.
    """
    if suffix == ".png":
        from edge_ser.reports import picture

        return picture.render(figures)
    if suffix == ".html":
        from edge_ser.reports import page

        return page.render(figures).encode("utf-8", "backslashreplace")
    from edge_ser.reports import text

    return text.render(figures).encode("utf-8", "backslashreplace")
