"""``edge-ser model``: describes a model file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from edge_ser.cli import options
from edge_ser.console import standard_output


@click.command(name="model")
@click.argument("file", required=False, type=click.Path(path_type=Path, readable=False), metavar="[FILE]")
@options.format_of("text", "json")
def command(file: Path | None, format_: str) -> None:
    """Describe a model file: its labels, front end, size, training data, accuracy and licence.

    Without FILE, it describes the model in the package.

    \b
    Examples:
      edge-ser model
      edge-ser model my.tflite --format json
    """
    from edge_ser.model.bundle import read_bundle
    from edge_ser.paths import default_model

    bundle = read_bundle(file)
    facts: dict[str, Any] = {
        "file": str(file or default_model()),
        "size": f"{len(bundle.network) / 1000:.1f} kB",
        "sha256": bundle.sha256,
        "labels": list(bundle.labels),
        "front_end": bundle.front_end.to_dict(),
        "chunk": asdict(bundle.chunk),
        "decision": asdict(bundle.decision),
        "card": bundle.card,
    }
    if format_ == "json":
        standard_output.write(json.dumps(facts, indent=2) + "\n")
    else:
        standard_output.write("\n".join(lines_of(facts)) + "\n")


def lines_of(value: Any, key: str = "", depth: int = 0) -> list[str]:
    """Return nested facts as lines, indented."""
    margin = "  " * depth
    head = margin + (f"{key.replace('_', ' ')}: " if key else "")
    if isinstance(value, dict):
        inner = [line for k, v in value.items() for line in lines_of(v, k, depth + bool(key))]
        return [head.rstrip(), *inner] if key else inner
    if isinstance(value, list) and any(", " in str(item) for item in value):  # sentences, or items with several parts
        return [head.rstrip(), *(f"{margin}  - {item}" for item in value)]
    if isinstance(value, list):
        return [head + ", ".join(map(str, value))]
    return [head + str(value)]
