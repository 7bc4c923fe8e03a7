"""``python -m training robustness``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from edge_ser.console import standard_output
from training.commands import options
from training.commands.options import Place
from training.robustness.measure import PARTS, Features, measure
from training.robustness.results import ConditionResult, Flips, NonSpeech, Robustness, Steadiness, Uar

_FIRST: Final = 32  # columns of the first cell of a table


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
    help="Corpus to test on, without the model's training speakers; may be repeated.",
)
@click.option("--classes", default="all", metavar="LABELS", help="Labels: 4, 6, all, or names separated by commas.")
@click.option("--only", type=click.Choice(PARTS), help="Measure only this part.")
@options.data
@options.cache
@options.jobs
@options.format_
@options.placed
def command(
    place: Place, model_path: Path, corpora: tuple[str, ...], classes: str, only: str | None, format_: str
) -> None:
    """Measure how a finished model holds up in real life, on people it was not trained on.

    `conditions`: the UAR in noise, at other levels, in rooms and through a cheap microphone, and its
    difference from that of clean recordings, in points; a clip without detected speech counts as wrong.
    `non-speech`: emotion events per hour of noises and music in which nobody speaks. `steady`: label
    changes per minute while one person speaks in one mood.

    The noises are those of the corpus `noise` that no training uses; the rooms exist for this test only.

    \b
    Examples:
      python -m training robustness --model model.tflite --corpus crema-d --corpus emodb
      python -m training robustness --model model.tflite --corpus emodb --classes 4 --format json
      python -m training robustness --model model.tflite --corpus emodb --only non-speech
    """
    from edge_ser.model.bundle import read_bundle
    from training.settings import DataSettings
    from training.support import records

    bundle, workplace = read_bundle(model_path), place.workplace()
    settings = DataSettings(corpora, (), classes, sounds=0)  # recorded noises only: no synthesized ones
    recordings = workplace.recordings_for(bundle.labels, settings)
    features = Features(workplace.cache, workplace.jobs)
    measured = measure(bundle, recordings, features, [only] if only else PARTS)
    if format_ == "json":
        shown = {"model": str(model_path), **records.to_json(measured)}
        standard_output.write(json.dumps(shown, indent=2) + "\n")
    else:
        standard_output.write("\n".join(_lines(str(model_path), measured)) + "\n")


def _lines(model: str, measured: Robustness) -> list[str]:
    data = measured.data
    lines = [
        f"{model}: {', '.join(measured.corpora)}; {data.clips} clips of {len(data.speakers)} speakers, "
        f"{len(measured.labels)} labels",
        f"{len(data.speakers_it_learned_from)} training speakers of the model are left out",
        *(f"warning: {line}" for line in data.warnings),
    ]
    if measured.conditions:
        lines += ["", *_condition_lines(measured.conditions)]
    if measured.non_speech:
        lines += ["", *_non_speech_lines(measured.non_speech)]
    if measured.steady:
        lines += ["", *_steadiness_lines(measured.steady)]
    return lines


def _condition_lines(conditions: Mapping[str, ConditionResult]) -> list[str]:
    corpora = list(next(iter(conditions.values())).per_corpus)
    head = ("overall", *corpora) if len(corpora) > 1 else tuple(corpora)
    lines = [f"{'UAR, points from clean':<{_FIRST}}{'no speech':>10}" + "".join(f"{name:>18}" for name in head)]
    for name, result in conditions.items():
        sets: dict[str, ConditionResult | Uar] = {"overall": result, **result.per_corpus}
        cells = [f"{100 * sets[key].uar:8.1f} % {sets[key].difference:+7.1f}" for key in head]
        lines.append(f"{name:<{_FIRST}}{result.no_speech:>10}" + "".join(f"{cell:>18}" for cell in cells))
    return lines


def _non_speech_lines(found: NonSpeech) -> list[str]:
    rows = [(kind, rates.events_an_hour, rates.of_them_uncertain) for kind, rates in found.by_kind.items()]
    rows.append(("all", found.events_an_hour, found.of_them_uncertain))
    heading = f"final events per hour ({found.hours:g} h)"
    lines = [f"{heading:<{_FIRST}}    all  uncertain"]
    return lines + [f"{kind:<{_FIRST}}{events:7.1f}{uncertain:11.1f}" for kind, events, uncertain in rows]


def _steadiness_lines(steady: Steadiness) -> list[str]:
    heading = f"changes per minute, {steady.label}"
    lines = [f"{heading:<{_FIRST}}    all      final"]
    rows: dict[str, Flips | Steadiness] = {**steady.speakers, "mean": steady}
    for name, flips in rows.items():
        every, final = flips.flips_a_minute, flips.final_flips_a_minute
        rates = "      -          -" if every is None or final is None else f"{every:7.2f}{final:11.2f}"
        lines.append(f"{name:<{_FIRST}}{rates}")
    return lines
