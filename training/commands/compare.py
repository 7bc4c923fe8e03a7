"""``python -m training compare``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge_ser.console import standard_output
from edge_ser.errors import InvalidSetting
from training.commands import options
from training.commands.options import Chosen, Place


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
@options.placed
def command(
    place: Place, names: tuple[str, ...], vary: str | None, folder: Path | None, format_: str, chosen: Chosen
) -> None:
    """Evaluate several families, or settings, by one protocol on the same recordings, and write one table.

    Each is a run with its own folder in the folder of the comparison, and they differ only in what is
    compared; finished runs are not repeated. Writes comparison.json, comparison.md and comparison.png.

    \b
    Examples:
      python -m training compare --corpus emodb --protocol loso --run runs/compare-emodb
      python -m training compare --family cnn_lstm --family svm --corpus crema-d --protocol kfold
      python -m training compare --vary training.imbalance=none,class-weights,over-sampling --corpus emodb
      python -m training compare --vary augment.room=0,0.35 --corpus crema-d
    """
    from training import families
    from training.configuration import short_hash
    from training.experiment.compare import FAMILY, Candidates, column_of, compare, parse_vary, title_of
    from training.reporting import tables
    from training.support import records

    base = chosen.settings()
    if vary is None:
        key, values = FAMILY, names or families.DEEP + families.CLASSICAL
    else:
        key, values = parse_vary(vary)
        if len(names) > 1:
            raise InvalidSetting("--vary compares the settings of one family: give --family once")
        for name in names:
            chosen = chosen.with_assignment(FAMILY, name)
    settings = {value: chosen.with_assignment(key, value).settings() for value in values}
    candidates = Candidates(key, settings, folder or Path("runs") / f"compare-{short_hash(base)}")
    comparison = compare(candidates, place.workplace())
    if format_ == "json":
        standard_output.write(json.dumps(records.to_json(comparison), indent=2) + "\n")
    else:
        table = tables.comparison_table(comparison.rows, column_of(comparison))
        standard_output.write(f"{title_of(comparison)}\n\n{table}\n")
