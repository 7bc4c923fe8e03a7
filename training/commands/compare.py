"""``python -m training compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from edge_ser.console import standard_output
from edge_ser.errors import InvalidSetting
from training.commands import options


@click.command(name="compare")
@options.data
@click.option(
    "--family", "names", multiple=True, metavar="NAME", help="Family to compare; all by default.  May be repeated."
)
@click.option(
    "--vary",
    metavar="KEY=V1,V2,...",
    help="Compare values of this key of the TOML file instead, for one family.",
)
@options.folder
@options.of_a_run(family=False)
@options.cache
@options.jobs
@options.format_
def command(
    data: Path | None,
    names: tuple[str, ...],
    vary: str | None,
    folder: Path | None,
    cache: Path,
    jobs: int,
    format_: str,
    **chosen: Any,
) -> None:
    """Judge several families, or settings, by one protocol on the same recordings, and write one table.

    Each is a run of its own below the folder, alike but for what is compared; what is there already is
    not made again. Writes comparison.json, comparison.md and comparison.png.

    \b
    Examples:
      python -m training compare --corpus emodb --protocol loso --run runs/compare-emodb
      python -m training compare --family cnn_lstm --family svm --corpus crema-d --protocol kfold
      python -m training compare --vary training.imbalance=none,class-weights,over-sampling --corpus emodb
      python -m training compare --vary augment.room=0,0.35 --corpus crema-d
    """
    from training import families
    from training.configuration import short_hash
    from training.experiment import compare, evaluate
    from training.experiment.run import advance, begin
    from training.reporting import plots, tables
    from training.support import files

    base = options.settings_of(chosen)
    if vary is None:
        key, values = "network.family", names or families.DEEP + families.CLASSICAL
    else:
        key, values = _varied(vary)
        if len(names) > 1:
            raise InvalidSetting("--vary compares one family's settings: give --family once")
        chosen["assignments"] += tuple(f"network.family={name}" for name in names)
    folder = folder or Path("runs") / f"compare-{short_hash(base)}"
    asked = {
        value: options.settings_of({**chosen, "assignments": (*chosen["assignments"], f"{key}={value}")})
        for value in values
    }
    for settings in asked.values():
        families.check(settings.network.family)
    judged = []
    for value, settings in asked.items():
        options.say(f"{value} ...")
        run = begin(folder / (value if vary is None else f"{key}={value}"), settings)
        folds, facts = options.folds_of(run, data, cache, jobs)
        advance(folds, "evaluate", jobs)
        judged.append((value, evaluate.of_run(run, folds, facts), folds))
    # Timed last, when nothing else runs.
    rows = [{**compare.row(evaluation, folds), "family": value} for value, evaluation, folds in judged]
    first = judged[0][1]
    result = {key: first[key] for key in ("protocol", "corpora", "learn_from", "labels")} | {
        "clips": first["overall"]["float"]["clips"],
        "speakers": first["overall"]["float"]["speakers"],
        "data_fingerprint": first["data"]["fingerprint"],
        "compared": key,
        "rows": rows,
    }
    what = key.rpartition(".")[2]
    title = f"{', '.join(result['corpora'])}: {result['protocol']}, {len(result['labels'])} classes"
    title += "" if vary is None else f", by {key}"
    files.write_json(folder / "comparison.json", result)
    files.write_bytes(folder / "comparison.md", f"# {title}\n\n{tables.comparison(rows, what)}\n".encode())
    plots.comparison({title: rows}, folder / "comparison.png")
    if format_ == "json":
        standard_output.write(json.dumps(result, indent=2) + "\n")
    else:
        standard_output.write(f"{title}\n\n{tables.comparison_table(rows, what)}\n")


def _varied(vary: str) -> tuple[str, tuple[str, ...]]:
    key, _, values = vary.partition("=")
    found = tuple(value.strip() for value in values.split(","))
    if len(found) < 2 or not all(found):
        raise InvalidSetting(
            f"--vary {vary}: allowed is KEY=V1,V2,..., for example training.imbalance=none,over-sampling"
        )
    return key.strip(), found
