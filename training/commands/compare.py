"""``python -m training compare``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from edge_ser.sinks import standard_output
from training.commands import options


@click.command(name="compare")
@options.data
@click.option(
    "--family", "names", multiple=True, metavar="NAME", help="Family to compare; all by default.  May be repeated."
)
@options.folder
@options.of_a_run(family=False)
@options.cache
@options.jobs
@options.format_
def command(
    data: Path | None, names: tuple[str, ...], folder: Path | None, cache: Path, jobs: int, format_: str, **chosen: Any
) -> None:
    """Judge several families by one protocol on the same recordings, and write one table.

    Each family is a run of its own below the folder, with the same settings but for the family; what is
    there already is not made again. Writes comparison.json, comparison.md and comparison.png.

    \b
    Examples:
      python -m training compare --corpus emodb --protocol loso --run runs/compare-emodb
      python -m training compare --family cnn_lstm --family svm --corpus crema-d --protocol kfold
    """
    from training import compare, evaluate, families, files, plots, report
    from training.configuration import short_hash
    from training.run import advance, begin, record

    settings = options.settings_of(chosen)
    folder = folder or Path("runs") / f"compare-{short_hash(settings)}"
    names = names or families.DEEP + families.CLASSICAL
    for name in names:
        families.check(name)
    runs = [begin(folder / name, replace(settings, network=replace(settings.network, family=name))) for name in names]
    # With a deep family among them that one's, which has the augmented copies.
    widest = max(runs, key=lambda run: run.settings.network.family in families.DEEP)
    dataset = options.dataset_of(widest, data, cache, jobs)
    judged = []
    for run in runs:
        options.say(f"{run.settings.network.family} ...")
        folds = run.folds(dataset)
        facts = record(run, dataset, folds)
        advance(folds, "evaluate", jobs)
        judged.append((evaluate.of_run(run, folds, facts), folds))
    rows = [compare.row(evaluation, folds) for evaluation, folds in judged]  # timed last, when nothing else runs
    first = judged[0][0]
    result = {key: first[key] for key in ("protocol", "corpora", "learn_from", "labels")} | {
        "clips": first["overall"]["float"]["clips"],
        "speakers": first["overall"]["float"]["speakers"],
        "data_fingerprint": dataset.fingerprint,
        "rows": rows,
    }
    title = f"{', '.join(result['corpora'])}: {result['protocol']}, {len(result['labels'])} classes"
    files.write_json(folder / "comparison.json", result)
    files.write_bytes(folder / "comparison.md", f"# {title}\n\n{report.comparison(rows)}\n".encode())
    plots.comparison({title: rows}, folder / "comparison.png")
    if format_ == "json":
        standard_output.write(json.dumps(result, indent=2) + "\n")
    else:
        standard_output.write(f"{title}\n\n{report.comparison_table(rows)}\n")
