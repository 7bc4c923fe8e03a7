"""The fields of the model card that the model file carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from training.scoring.false_alarms import WholePath
from training.settings import RunSettings

NOT_MEASURED: Final = "not measured"


@dataclass(frozen=True, kw_only=True)
class CardFigures:
    """Scores of one set of clips; those of the int8 form, if there is one, else of the float form.

    Attributes:
        clips: How many.
        speakers: How many.
        uar_int8: Unweighted average recall of the int8 form, 0 to 1.
        uar_int8_95_percent_interval: Its bootstrap interval.
        uar_float: Of the float form, 0 to 1.
        uar_float_95_percent_interval: Its bootstrap interval, where the int8 form was not evaluated.
        float_int8_agreement: Share of the clips for which both forms predict the same, 0 to 1.
        accuracy: Share of the clips that is predicted correctly, 0 to 1.
        macro_f1: Mean of the F1 scores of the labels, 0 to 1.
        recalls: Of each label, 0 to 1.
        expected_calibration_error: 0 to 1; ``None`` where no speech was detected.
        accuracy_of_the_surest_half: Accuracy over the half of the clips with the highest confidence, 0 to 1.
    """

    clips: int
    speakers: int
    uar_int8: float | None = None
    uar_int8_95_percent_interval: tuple[float, float] | None = None
    uar_float: float | None = None
    uar_float_95_percent_interval: tuple[float, float] | None = None
    float_int8_agreement: float | None = None
    accuracy: float
    macro_f1: float
    recalls: dict[str, float]
    expected_calibration_error: float | None
    accuracy_of_the_surest_half: float


@dataclass(frozen=True)
class CardSexes:
    """The int8 form on the voices of women and of men.

    Attributes:
        uar_int8_female: Unweighted average recall, 0 to 1.
        uar_int8_male: Unweighted average recall, 0 to 1.
        difference: Female minus male.
        difference_95_percent_interval: Its bootstrap interval.
    """

    uar_int8_female: float
    uar_int8_male: float
    difference: float
    difference_95_percent_interval: tuple[float, float]


@dataclass(frozen=True)
class CardNetwork:
    """The network.

    Attributes:
        parameters: How many it has.
        multiply_adds_a_second: For a second of speech.
        bytes: Size of the int8 form, bytes.
        operators: Of the int8 form, how many by name.
    """

    parameters: int
    multiply_adds_a_second: int
    bytes: int
    operators: dict[str, int]


@dataclass(frozen=True)
class Reproduction:
    """What it takes to train the same network again.

    Attributes:
        settings: Of the run.
        data_fingerprint: Of the recordings.
        weights_sha256: Hash of the weights that have to come out.
        git_revision: Of the source; ``None`` outside a checkout.
        versions: Of Python and the packages, by name.
    """

    settings: RunSettings
    data_fingerprint: str
    weights_sha256: str | None
    git_revision: str | None
    versions: dict[str, str]


@dataclass(frozen=True)
class Card:
    """The card in the model file; :data:`NOT_MEASURED` replaces missing figures.

    Attributes:
        name: Of the family.
        licence: Under which the weights may be used.
        trained_on: A line for each corpus.
        protocol: Of the evaluation, with the numbers of speakers.
        figures_on_the_test_speakers: By corpus.
        women_and_men: On the test speakers.
        whole_path: From samples to events, on the test speakers and test noises.
        figures_elsewhere: On other corpora, or by other protocols.
        network: Size and cost.
        weaknesses: A line each.
        intended_use: A line each.
        forbidden_use: A line each.
        test_speakers: Their names.
        learned_from: Names of the training and validation speakers.
        reproduce: What it takes to train the same network again.
    """

    name: str
    licence: str
    trained_on: tuple[str, ...]
    protocol: str
    figures_on_the_test_speakers: dict[str, CardFigures]
    women_and_men: CardSexes | str
    whole_path: WholePath | str
    figures_elsewhere: dict[str, CardFigures] | str
    network: CardNetwork
    weaknesses: tuple[str, ...]
    intended_use: tuple[str, ...]
    forbidden_use: tuple[str, ...]
    test_speakers: tuple[str, ...]
    learned_from: tuple[str, ...]
    reproduce: Reproduction
