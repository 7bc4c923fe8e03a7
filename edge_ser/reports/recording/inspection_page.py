"""The page of `edge-ser inspect`: the picture, and the same in text and tables.

It is one file without scripts or external resources.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from edge_ser.events import NO_SPEECH

if TYPE_CHECKING:
    from edge_ser.reports.recording.inspection import Inspection

_STYLE: Final = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 1.5rem auto; padding: 0 1rem; }
img { width: 100%; height: auto; background: white; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: bold; }
th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid gray; text-align: right; white-space: nowrap; }
"""

_EXPLANATION: Final = (
    (
        "Waveform",
        "the audio, coloured where the speech gate was open: green if the model heard speech, grey if it did not.",
    ),
    ("Log-mel", "the energy in each frequency band over time; the model receives a compact form of it (MFCC)."),
    ("Probabilities", "the model's estimates for each utterance, about twice a second, from all of it so far."),
    ("Labels", "the final label of each utterance; uncertain where no emotion was likely enough."),
)


def page(inspection: Inspection, png: bytes) -> bytes:
    """Return the page as an HTML file.

    Args:
        inspection: The recording and what the pipeline made of it.
        png: Its picture.
    """
    name = PurePath(inspection.name).name
    summary = summary_of(inspection)
    picture = base64.b64encode(png).decode("ascii")
    explanation = "\n".join(f"<li><b>{what}</b>: {text}</li>" for what, text in _EXPLANATION)
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{escape(name)}: {escape(inspection.result.label)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(name)}</h1>
<p>{escape(summary)}</p>
<img src="data:image/png;base64,{picture}" alt="Waveform, log-mel energies, probabilities and labels over time. \
{escape(summary)} The tables below have the figures.">
<ul>
{explanation}
</ul>
{_utterances(inspection)}
{_rejected(inspection)}
</body>
</html>
"""
    return text.encode("utf-8", "backslashreplace")  # the name of a file may contain bytes that are not text


def summary_of(inspection: Inspection) -> str:
    """Return what was heard, in a few sentences."""
    result = inspection.result
    length = f"The recording lasts {result.duration:.1f} s."
    if result.label == NO_SPEECH:
        return f"Nobody speaks. {length}"
    count = len(result.segments)
    spoken = sum(segment.end - segment.start for segment in result.segments)
    utterances = "1 utterance" if count == 1 else f"{count} utterances"
    return (
        f"Overall: {result.label}; the most likely emotion has a probability of {result.confidence:.0%}. "
        f"{length} It contains {spoken:.1f} s of speech in {utterances}."
    )


def _utterances(inspection: Inspection) -> str:
    emotions = list(inspection.result.probabilities)
    rows = (
        [
            str(final.utterance),
            f"{final.start:.1f} s",
            f"{final.end:.1f} s",
            final.label,
            *(f"{final.probabilities[emotion]:.0%}" for emotion in emotions),
        ]
        for *_, final in inspection.utterances
    )
    return _table("Utterances", ["utterance", "from", "to", "label", *emotions], rows) if inspection.events else ""


def _rejected(inspection: Inspection) -> str:
    rows = ([f"{start:.1f} s", f"{end:.1f} s"] for start, end in inspection.rejected)
    return _table("Sounds that are not speech", ["from", "to"], rows) if inspection.rejected else ""


def _table(caption: str, head: list[str], rows: Iterable[list[str]]) -> str:
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"""<div class="wide" tabindex="0">
<table>
<caption>{escape(caption)}</caption>
<thead><tr>{columns}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
</div>"""
