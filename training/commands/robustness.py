"""``python -m training robustness``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from edge_ser.console import standard_output
from training.commands import options
from training.robustness import conditions
from training.robustness.conditions import PARTS

_FIRST: Final = 32  # columns of a table's first cell


@click.command(name="robustness")
@click.option(
    "--model",
    "model_path",
    type=click.Path(path_type=Path, readable=False),
    metavar="FILE",
    required=True,
    help="The finished model.",
)
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Corpus whose speakers are heard, but for those that the model learned from; may be repeated.",
)
@click.option(
    "--classes", default="all", metavar="LABELS", help="Labels: 4, 6, all, or names with commas between them."
)
@click.option("--only", type=click.Choice(PARTS), help="Measure this alone.")
@options.data
@options.cache
@options.jobs
@options.format_
def command(
    model_path: Path,
    corpora: tuple[str, ...],
    classes: str,
    only: str | None,
    data: Path | None,
    cache: Path,
    jobs: int,
    format_: str,
) -> None:
    """Measure how a finished model stands real life, on people it never heard.

    `conditions`: the UAR in noise, at other levels, in rooms and through a cheap microphone, and how far
    it is from that of clean recordings, in points; a clip in which no speech is heard counts as wrong.
    `non-speech`: emotion events an hour of noises and music in which nobody speaks. `steady`: how often a
    minute the label changes while one person goes on speaking in one mood.

    Noises are those of the corpus `noise` that no training hears, rooms are made for this test alone.

    \b
    Examples:
      python -m training robustness --model model.tflite --corpus crema-d --corpus emodb
      python -m training robustness --model model.tflite --corpus emodb --classes 4 --format json
      python -m training robustness --model model.tflite --corpus emodb --only non-speech
    """
    from edge_ser.model.bundle import read_bundle
    from training.settings import DataSettings

    bundle = read_bundle(model_path)
    settings = DataSettings(corpora, (), classes, sounds=0)  # recorded noises alone: no synthesized ones
    dataset = options.dataset_for_model(settings, bundle.labels, data, cache, jobs)
    measured = conditions.measure(bundle, dataset, cache.resolve(), jobs, [only] if only else PARTS)
    result = {"model": str(model_path), **measured}
    standard_output.write(
        json.dumps(result, indent=2) + "\n" if format_ == "json" else "\n".join(_lines(result)) + "\n"
    )


def _lines(result: dict[str, Any]) -> list[str]:
    facts = result["data"]
    speakers, left_out = len(facts["speakers"]), len(facts["speakers_it_learned_from"])
    lines = [
        f"{result['model']}: {', '.join(result['corpora'])}; {facts['clips']} clips of {speakers} speakers, "
        f"{len(result['labels'])} labels",
        f"{left_out} speakers that it learned from are left out",
        *(f"warning: {line}" for line in facts["warnings"]),
    ]
    if conditions := result.get("conditions"):
        lines += ["", *_conditions(conditions)]
    if non_speech := result.get("non_speech"):
        rows = [(kind, *rates.values()) for kind, rates in non_speech["by_kind"].items()]
        rows.append(("all", non_speech["events_an_hour"], non_speech["of_them_uncertain"]))
        heading = f"final events an hour ({non_speech['hours']:g} h)"
        lines += ["", f"{heading:<{_FIRST}}    all  uncertain"]
        lines += [f"{kind:<{_FIRST}}{events:7.1f}{uncertain:11.1f}" for kind, events, uncertain in rows]
    if steady := result.get("steady"):
        flips = {**steady["speakers"], "mean": steady}
        heading = f"flips a minute, {steady['label']}"
        lines += ["", f"{heading:<{_FIRST}}    all      final"]
        lines += [_flips(name, of["flips_a_minute"], of["final_flips_a_minute"]) for name, of in flips.items()]
    return lines


def _conditions(conditions: dict[str, Any]) -> Sequence[str]:
    corpora = list(next(iter(conditions.values()))["per_corpus"])
    head = ("overall", *corpora) if len(corpora) > 1 else tuple(corpora)
    lines = [f"{'UAR, points from clean':<{_FIRST}}{'no speech':>10}" + "".join(f"{name:>18}" for name in head)]
    for name, figures in conditions.items():
        sets = {"overall": figures, **figures["per_corpus"]}
        cells = [f"{100 * sets[key]['uar']:8.1f} % {sets[key]['difference']:+7.1f}" for key in head]
        lines.append(f"{name:<{_FIRST}}{figures['no_speech']:>10}" + "".join(f"{cell:>18}" for cell in cells))
    return lines


def _flips(name: str, every: float | None, final: float | None) -> str:
    return f"{name:<{_FIRST}}" + (
        "      -          -" if every is None or final is None else f"{every:7.2f}{final:11.2f}"
    )
