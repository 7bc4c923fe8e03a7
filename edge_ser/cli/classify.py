"""``edge-ser classify``: one result per recording."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge_ser.cli import options
from edge_ser.console import standard_error, standard_output
from edge_ser.errors import EdgeSerError
from edge_ser.listening.stop_signals import Stopped, StopSignals

if TYPE_CHECKING:
    from edge_ser.listening.recognizer import EmotionRecognizer
    from edge_ser.recognition.results import Result

EXIT_SOME_FAILED = 1


@click.command(name="classify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False), metavar="PATH...")
@options.model
@options.interpreter
@options.format_of("table", "json", "csv")
def command(paths: tuple[Path, ...], model_path: Path | None, interpreter: str | None, format_: str) -> int:
    """Label recordings: files, and folders with all WAV, FLAC and OGG files in them.

    Recordings that cannot be read are listed at the end, and the exit status is then 1 (for a single
    file, the status of its error).

    \b
    Examples:
      edge-ser classify recording.wav
      edge-ser classify calls/ --format csv > labels.csv
      edge-ser classify *.flac --format json | jq '.[] | {path, label}'
    """
    from edge_ser.listening.recognizer import EmotionRecognizer
    from edge_ser.sources.folders import find_recordings

    files = find_recordings(paths)
    recognizer = EmotionRecognizer(model_path, interpreter)
    rows: list[tuple[Path, Result | EdgeSerError]] = []
    terminal = sys.stderr is not None and sys.stderr.isatty()
    progress = click.progressbar(files, label="classifying", file=sys.stderr, hidden=not terminal)
    with StopSignals() as signals:
        try:
            signals.check()
            with progress:
                for path in progress:
                    rows.append((path, _one(recognizer, path)))
        except Stopped:
            return signals.exit_status

    if format_ == "json":
        standard_output.write(json.dumps([_json(path, outcome) for path, outcome in rows], indent=2) + "\n")
    elif format_ == "csv":
        standard_output.write(_csv(rows, recognizer.labels))
    else:
        standard_output.write(_table(rows))
    return _report_failures(rows)


def _one(recognizer: EmotionRecognizer, path: Path) -> Result | EdgeSerError:
    try:
        return recognizer.classify(path)
    except EdgeSerError as error:
        return error


def _report_failures(rows: list[tuple[Path, Result | EdgeSerError]]) -> int:
    failures = [outcome for _, outcome in rows if isinstance(outcome, EdgeSerError)]
    if len(failures) == len(rows) == 1:
        raise failures[0]
    for failure in failures:
        standard_error.say(f"edge-ser: {failure}")
    if failures:
        standard_error.say(f"edge-ser: {len(failures)} of {len(rows)} recordings failed")
    return EXIT_SOME_FAILED if failures else 0


def _json(path: Path, outcome: Result | EdgeSerError) -> dict[str, Any]:
    if isinstance(outcome, EdgeSerError):
        return {"path": str(path), "error": str(outcome)}
    return {
        "path": str(path),
        "label": outcome.label,
        "confidence": round(outcome.confidence, 4),
        "probabilities": {label: round(p, 4) for label, p in outcome.probabilities.items()},
        "duration": round(outcome.duration, 3),
        "segments": [
            {
                "start": round(segment.start, 3),
                "end": round(segment.end, 3),
                "label": segment.label,
                "confidence": round(segment.confidence, 4),
            }
            for segment in outcome.segments
        ],
    }


def _csv(rows: list[tuple[Path, Result | EdgeSerError]], labels: tuple[str, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["path", "label", "confidence", "duration", *labels, "error"])
    for path, outcome in rows:
        if isinstance(outcome, EdgeSerError):
            writer.writerow([path, "", "", "", *("" for _ in labels), outcome])
        else:
            figures = [f"{outcome.probabilities[label]:.4f}" for label in labels]
            writer.writerow([path, outcome.label, f"{outcome.confidence:.4f}", f"{outcome.duration:.3f}", *figures, ""])
    return out.getvalue()


def _table(rows: list[tuple[Path, Result | EdgeSerError]]) -> str:
    results = [(str(path), outcome) for path, outcome in rows if not isinstance(outcome, EdgeSerError)]
    if not results:
        return ""
    width = max(len("path"), *(len(path) for path, _ in results))
    lines = [f"{'path':<{width}}  {'label':<10}  confidence  duration  utterances"]
    lines += [
        f"{path:<{width}}  {result.label:<10}  {result.confidence:10.0%}  {result.duration:6.1f} s"
        f"  {len(result.segments):10d}"
        for path, result in results
    ]
    return "\n".join(lines) + "\n"
