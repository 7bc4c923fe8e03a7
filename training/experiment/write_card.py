"""Makes the model card of a run: what the model was trained on, how good it is, what it is not for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from edge_ser.errors import EdgeSerError, InvalidSetting
from edge_ser.model.bundle import read_bundle
from training.corpora import CORPORA
from training.experiment.card import NOT_MEASURED, Card, CardFigures, CardNetwork, CardSexes, Reproduction
from training.experiment.learners import model_file
from training.experiment.results import ModelEvaluation, QuantizationResult, RunEvaluation, RunRecord, Speakers
from training.experiment.run import Run
from training.scoring.figures import Evaluation, FormScores
from training.settings import RunSettings
from training.support import files, records

Elsewhere = RunEvaluation | ModelEvaluation
"""An evaluation on another corpus or by another protocol: of other runs, or of the finished model."""

_LANGUAGES: Final = {
    "de": "German", "en": "English", "it": "Italian", "pl": "Polish", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip

_INTENDED: Final = (
    "Trends over many utterances of people who know of it: home automation, toys, robots, research.",
    "On people's own devices, which no voice leaves.",
)

_FORBIDDEN: Final = (
    "Decisions about people: single labels are often wrong.",
    "Inferring emotions at work or in education, which the EU AI Act forbids (Article 5(1)(f)).",
    "Listening to people who do not know of it.",
)

_LIMITS: Final = {
    "acted": "It was trained on acted speech; it recognizes spontaneous speech less well.",
    "crema-d": "From the voice alone, people recognize the intended emotion of about 40 % of the CREMA-D clips.",
}


@dataclass(frozen=True)
class Finished:
    """What the card of a run is made from.

    Attributes:
        settings: Of the run.
        record: What the run is made of.
        evaluation: Its figures.
        quantization: Of its one fold.
        elsewhere: Evaluations on other corpora, or by other protocols.
    """

    settings: RunSettings
    record: RunRecord
    evaluation: RunEvaluation
    quantization: QuantizationResult
    elsewhere: Sequence[Elsewhere] = ()

    @property
    def learned(self) -> list[str]:
        """The corpora it was trained on."""
        data = self.settings.data
        return [*(() if self.settings.protocol.name == "cross" else data.corpora), *data.learn_from]

    @property
    def fold(self) -> str:
        """The name of the fold."""
        (name,) = self.record.speakers
        return name

    @property
    def speakers(self) -> Speakers:
        """Of the fold."""
        return self.record.speakers[self.fold]

    @property
    def test_sets(self) -> Mapping[str, FormScores]:
        """The scores on the test speakers by corpus; with one corpus, ``all``."""
        figures = self.evaluation.figures
        return figures.per_corpus or {"all": figures.overall}


def write_card(run: Run, elsewhere: Sequence[Path]) -> Card:
    """Write the card of a run into its model file, ``model.tflite`` in its folder; return the card.

    Args:
        run: A run of one fold that is evaluated.
        elsewhere: JSON files of evaluations on other corpora, or by other protocols.

    Raises:
        EdgeSerError: the run is not evaluated, or has no single model.
        InvalidSetting: a JSON file is not an evaluation.
    """
    folder = run.folder
    if not (folder / "evaluation.json").exists():
        raise EdgeSerError(f"{folder} has not been evaluated; first: python -m training evaluate --run {folder}")
    record = records.read(RunRecord, folder / "record.json")
    if len(record.speakers) != 1:
        raise EdgeSerError(
            f"{folder} has {len(record.speakers)} folds, each with its own model; a card describes the one model of a "
            "run by the protocol holdout or cross"
        )
    (fold,) = record.speakers
    model = model_file(folder / fold, "int8")
    if not model.exists():
        raise EdgeSerError(f"{run.settings.network.family} is a baseline without a model file; choose a deep family")
    evaluation = records.read(RunEvaluation, folder / "evaluation.json")
    quantization = records.read(QuantizationResult, folder / fold / "quantization.json")
    others = [read_elsewhere(path) for path in elsewhere]
    card = make_card(Finished(run.settings, record, evaluation, quantization, others))
    files.write_bytes(folder / "model.tflite", replace(read_bundle(model), card=records.to_json(card)).to_bytes())
    return card


def read_elsewhere(path: Path) -> Elsewhere:
    """Read an evaluation of a run or of a finished model.

    Raises:
        InvalidSetting: the file is not one.
    """
    try:
        value = json.loads(path.read_text())
        if "protocol" in value:
            return records.from_json(RunEvaluation, value)
        return records.from_json(ModelEvaluation, value)
    except (OSError, ValueError, TypeError):
        raise InvalidSetting(
            f"--elsewhere {path}: allowed is what `python -m training evaluate --model FILE --format json` printed, or "
            "the evaluation.json of a run"
        ) from None


def make_card(finished: Finished) -> Card:
    """Return the card of a finished run."""
    record, evaluation, speakers = finished.record, finished.evaluation, finished.speakers
    noise, learned = finished.settings.data.noise, finished.learned
    counts = {"train": speakers.train, "validation": speakers.validation, "test": speakers.test}
    int8 = finished.quantization.forms["int8"]
    return Card(
        name=finished.settings.network.family.upper().replace("_", "-"),
        licence=_licence([*learned, *([noise] if noise else [])]),
        trained_on=(
            *(_source(name, _count(speakers.train, name)) for name in learned),
            *([f"{_facts(noise)}; {record.data.noises} recordings, some of them"] if noise else []),
        ),
        protocol=f"{evaluation.protocol}; speakers: "
        + ", ".join(f"{len(names)} {part}" for part, names in counts.items()),
        figures_on_the_test_speakers={name: _figures(scores) for name, scores in finished.test_sets.items()},
        women_and_men=_sexes(evaluation.figures),
        whole_path=evaluation.whole_path or NOT_MEASURED,
        figures_elsewhere={
            f"{_elsewhere(other)}, {len(other.figures.labels)} classes": _figures(other.figures.overall)
            for other in finished.elsewhere
        }
        or NOT_MEASURED,
        network=CardNetwork(
            finished.quantization.parameters,
            finished.quantization.multiply_adds_a_second,
            int8.bytes,
            int8.operators,
        ),
        weaknesses=tuple(_weaknesses(finished)),
        intended_use=_INTENDED,
        forbidden_use=_FORBIDDEN,
        test_speakers=speakers.test,
        learned_from=tuple(sorted({*speakers.train, *speakers.validation})),
        reproduce=Reproduction(
            settings=finished.settings,
            data_fingerprint=record.data.fingerprint,
            weights_sha256=evaluation.folds[finished.fold].weights_sha256,
            git_revision=record.git_revision,
            versions=record.versions,
        ),
    )


def _count(speakers: Sequence[str], corpus: str) -> int:
    return sum(speaker.split("/")[0] == corpus for speaker in speakers)


def _facts(name: str) -> str:
    corpus = CORPORA.get(name)
    return f"{corpus.title} ({corpus.citation}); {corpus.licence}" if corpus else f"{name}, a corpus of the user"


def _source(name: str, speakers: int) -> str:
    corpus = CORPORA.get(name)
    languages = [_LANGUAGES.get(code, code) for code in corpus.languages] if corpus else []
    return "; ".join([_facts(name), *([" and ".join(languages)] if languages else []), f"{speakers} of its speakers"])


def _licence(names: Sequence[str]) -> str:
    foreign = [name for name in names if name not in CORPORA or not CORPORA[name].ships]
    if foreign:
        return f"only for what the licences of {', '.join(foreign)} allow; these weights may not ship with a product"
    return "Apache-2.0; the training databases have their own licences, named below"


def _figures(scored: FormScores) -> CardFigures:
    scores, int8 = scored.best, scored.best_form == "int8"
    float_uar = scored.float_.uar if scored.float_ else None
    return CardFigures(
        clips=scores.clips,
        speakers=scores.speakers,
        uar_int8=scores.uar if int8 else None,
        uar_int8_95_percent_interval=scores.uar_interval if int8 else None,
        uar_float=float_uar,
        uar_float_95_percent_interval=None if int8 else scores.uar_interval,
        float_int8_agreement=scored.agreement,
        accuracy=scores.accuracy,
        macro_f1=scores.macro_f1,
        recalls=scores.recalls,
        expected_calibration_error=scores.ece,
        accuracy_of_the_surest_half=scores.surest_half_accuracy,
    )


def _elsewhere(evaluation: Elsewhere) -> str:
    corpora = ", ".join(evaluation.corpora)
    if isinstance(evaluation, ModelEvaluation):  # of this model; those of runs are of others
        return corpora
    learned = ", ".join(evaluation.learn_from)
    if evaluation.protocol == "cross":
        return f"{corpora}, by a network of this kind trained only on {learned}"
    return f"{corpora}, {evaluation.protocol}, by networks of this kind" + (f", with {learned}" if learned else "")


def _sexes(figures: Evaluation) -> CardSexes | str:
    sexes = figures.sexes
    women, men = (sexes[sex].int8 if sex in sexes else None for sex in ("female", "male"))
    if women is None or men is None or figures.per_sex is None or figures.per_sex.difference_of_uar is None:
        return NOT_MEASURED
    difference, interval = figures.per_sex.difference_of_uar.forms["int8"]
    return CardSexes(women.uar, men.uar, difference, interval)


def _weaknesses(finished: Finished) -> list[str]:
    lines, figures = [_LIMITS["acted"]], finished.evaluation.figures
    for name, scored in (figures.per_corpus or {"the test speakers": figures.overall}).items():
        recalls = scored.best.recalls
        weakest = min(recalls, key=recalls.__getitem__)
        lines.append(f"On {name} it recognizes {weakest} worst: {recalls[weakest]:.0%} of the clips.")
    for other in finished.elsewhere:
        uar, chance = other.figures.overall.best.uar, 1 / len(other.figures.labels)
        lines.append(f"On {_elsewhere(other)}, the UAR is {uar:.0%}, where chance is {chance:.0%}.")
    if "crema-d" in finished.learned:
        lines.append(_LIMITS["crema-d"])
    return lines
