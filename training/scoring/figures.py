"""The figures of a model, as in the JSON files: scores of a set of clips, and all sets of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from training.support.records import keyed

FORMS: Final = ("float", "int8")
"""Forms of a network that are evaluated; a classical model and a model file in another form count as float."""


@dataclass(frozen=True)
class Bin:
    """The clips whose confidence lies in one tenth of 0 to 1.

    Attributes:
        clips: How many.
        confidence: Their mean confidence, 0 to 1.
        accuracy: Share of them that is predicted correctly, 0 to 1.
    """

    clips: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Scores:
    """Figures over a set of clips; every clip counts, however uncertain, and one without detected speech is wrong.

    Attributes:
        clips: How many.
        speakers: How many.
        no_speech: Clips in which no speech was detected.
        uar: Unweighted average recall: the mean of the recalls of the labels that occur, 0 to 1.
        accuracy: Share of the clips that is predicted correctly, 0 to 1.
        macro_f1: Mean of the F1 scores of the labels that occur, 0 to 1.
        uar_interval: 95 % bootstrap interval, low and high end.
        accuracy_interval: 95 % bootstrap interval, low and high end.
        macro_f1_interval: 95 % bootstrap interval, low and high end.
        interval_over: What the bootstrap draws: ``speakers``, or ``clips`` where there is one speaker.
        recalls: Of each label that occurs, 0 to 1.
        precisions: Of each label that was predicted, 0 to 1.
        confusion: Clips; rows: true labels; columns: predicted labels, and a last one for no speech.
        ece: Expected calibration error, 0 to 1, over the clips with speech; ``None`` without any.
        reliability: The bins behind it, from low to high confidence; those without clips are left out.
        surest_half_accuracy: Accuracy over the half of the clips with the highest confidence, 0 to 1.
    """

    clips: int
    speakers: int
    no_speech: int
    uar: float
    accuracy: float
    macro_f1: float
    uar_interval: tuple[float, float]
    accuracy_interval: tuple[float, float]
    macro_f1_interval: tuple[float, float]
    interval_over: str
    recalls: dict[str, float]
    precisions: dict[str, float]
    confusion: tuple[tuple[int, ...], ...]
    ece: float | None
    reliability: tuple[Bin, ...]
    surest_half_accuracy: float


@dataclass(frozen=True)
class FormScores:
    """One set of clips, scored with the float and the int8 form of a model, or with one of them.

    Attributes:
        float_: Of the float form; ``None`` if it was not evaluated.
        int8: Of the int8 form; ``None`` if it was not evaluated.
        agreement: Share of the clips for which both predict the same, 0 to 1; with both.
        int8_drop: UAR of the float form minus that of int8; with both.
    """

    float_: Scores | None = field(default=None, metadata=keyed("float"))
    int8: Scores | None = None
    agreement: float | None = None
    int8_drop: float | None = None

    @property
    def forms(self) -> dict[str, Scores]:
        """The scores by form, float first."""
        both = zip(FORMS, (self.float_, self.int8), strict=True)
        return {form: scores for form, scores in both if scores is not None}

    @property
    def best_form(self) -> str:
        """The form that ships: int8, or float where there is no int8."""
        return "float" if self.int8 is None else "int8"

    @property
    def best(self) -> Scores:
        """The scores of that form."""
        return self.forms[self.best_form]


@dataclass(frozen=True)
class UarDifference:
    """UAR of women minus that of men.

    Attributes:
        float_: Of the float form, -1 to 1.
        float_interval: Its 95 % bootstrap interval.
        int8: Of the int8 form, -1 to 1.
        int8_interval: Its 95 % bootstrap interval.
    """

    float_: float | None = field(default=None, metadata=keyed("float"))
    float_interval: tuple[float, float] | None = None
    int8: float | None = None
    int8_interval: tuple[float, float] | None = None

    @property
    def forms(self) -> dict[str, tuple[float, tuple[float, float]]]:
        """Difference and interval by form."""
        pairs = ((self.float_, self.float_interval), (self.int8, self.int8_interval))
        return {
            form: (difference, interval)
            for form, (difference, interval) in zip(FORMS, pairs, strict=True)
            if difference is not None and interval is not None
        }


@dataclass(frozen=True)
class SexScores:
    """Scores of the clips of women and of men.

    Attributes:
        female: ``None`` if no clip is known to be a woman's.
        male: ``None`` if no clip is known to be a man's.
        difference_of_uar: With both.
    """

    female: FormScores | None = None
    male: FormScores | None = None
    difference_of_uar: UarDifference | None = None

    @property
    def sexes(self) -> dict[str, FormScores]:
        """The scores by sex."""
        both = {"female": self.female, "male": self.male}
        return {sex: scores for sex, scores in both.items() if scores is not None}


@dataclass(frozen=True)
class Evaluation:
    """All figures of a model.

    Attributes:
        labels: In the order of the confusion matrices.
        overall: Over all clips.
        per_corpus: By corpus; ``None`` with one corpus.
        per_sex: ``None`` where no speaker's sex is known.
    """

    labels: tuple[str, ...]
    overall: FormScores
    per_corpus: dict[str, FormScores] | None = None
    per_sex: SexScores | None = None

    @property
    def corpora(self) -> Mapping[str, FormScores]:
        """The scores by corpus; empty with one corpus."""
        return self.per_corpus or {}

    @property
    def sexes(self) -> Mapping[str, FormScores]:
        """The scores by sex; empty where no speaker's sex is known."""
        return self.per_sex.sexes if self.per_sex else {}


@dataclass(frozen=True)
class ComparisonRow:
    """One line of a comparison; what is not known or does not apply is ``None``.

    Attributes:
        family: The family, or the value of the setting that is compared.
        uar: Of the float form, 0 to 1.
        uar_interval: Its 95 % interval.
        uar_int8: Of the int8 form, 0 to 1.
        uar_int8_interval: Its 95 % interval.
        parameters: Of the network.
        multiply_adds_a_second: For a second of speech.
        int8_bytes: Size of the int8 network, bytes.
        latency_us_a_second: Computing time of the int8 model for a second of speech on one core, µs.
        seconds: Training time of all folds, s.
    """

    family: str
    uar: float | None
    uar_interval: tuple[float, float] | None
    uar_int8: float | None
    uar_int8_interval: tuple[float, float] | None
    parameters: int | None
    multiply_adds_a_second: int | None
    int8_bytes: int | None
    latency_us_a_second: float | None
    seconds: float | None

    def uar_of(self, form: str) -> tuple[float | None, tuple[float, float] | None]:
        """Return UAR and interval of a form, one of :data:`FORMS`."""
        return (self.uar_int8, self.uar_int8_interval) if form == "int8" else (self.uar, self.uar_interval)
