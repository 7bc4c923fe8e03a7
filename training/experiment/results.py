"""What a run writes as JSON: its record, the results of the stages of a fold, and evaluations."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge_ser.model.settings import DecisionSettings
from training.fitting.history import Epoch
from training.scoring.false_alarms import WholePath
from training.scoring.figures import ComparisonRow, Evaluation
from training.support.records import FLAT


@dataclass(frozen=True)
class RunData:
    """The recordings of a run.

    Attributes:
        fingerprint: Hash of the content, label and speaker of every clip that is used.
        clips: Voices.
        noises: Recordings without speech.
        skipped: How many files are left out, by reason.
        warnings: What a reader of the figures should know, one line each.
    """

    fingerprint: str
    clips: int
    noises: int
    skipped: dict[str, int]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Speakers:
    """The speakers of a fold.

    Attributes:
        train: Trained on.
        validation: For selection and calibration.
        test: Evaluated.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class RunRecord:
    """What a run is made of (``record.json``).

    Attributes:
        labels: In the order of the network's outputs.
        data: The recordings.
        speakers: By fold.
        front_end_version: Version of the front end.
        versions: Of Python and the packages that matter, by name.
        machine: The processor's architecture.
        git_revision: Of the source; ``None`` outside a checkout.
    """

    labels: tuple[str, ...]
    data: RunData
    speakers: dict[str, Speakers]
    front_end_version: int
    versions: dict[str, str]
    machine: str
    git_revision: str | None


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """The first stage of a fold (``training.json``); the weights are in another file.

    Attributes:
        seconds: How long it took, s.
        parameters: Of the network; ``None`` for a classical family.
        weights_sha256: Hash of the network's weights; ``None`` for a classical family.
        gains: The front end's gains; ``None`` for a classical family.
        temperature: Divides the float form's logits.
        validation_uar: Unweighted average recall on the validation speakers, 0 to 1.
        functionals: Number for each clip; ``None`` for a network.
        history: The epochs; empty for a classical family.
    """

    seconds: float
    parameters: int | None = None
    weights_sha256: str | None = None
    gains: tuple[int, ...] | None = None
    temperature: float
    validation_uar: float
    functionals: int | None = None
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class FormResult:
    """One exported form of a network.

    Attributes:
        bytes: Size of the network, without card and settings, bytes.
        operators: How many it has, by name.
        agreement: Share of the validation clips for which it predicts what the Keras network predicts, 0 to 1.
        validation_uar: Unweighted average recall on the validation speakers, 0 to 1.
        decision: How its outputs become labels.
    """

    bytes: int
    operators: dict[str, int]
    agreement: float
    validation_uar: float
    decision: DecisionSettings


@dataclass(frozen=True)
class QuantizationResult:
    """The second stage of a fold (``quantization.json``).

    Attributes:
        parameters: Of the network.
        multiply_adds_a_second: For a second of speech.
        validation_uar_before: Of the Keras network on the validation speakers, 0 to 1.
        forms: The exported forms, by name.
    """

    parameters: int
    multiply_adds_a_second: int
    validation_uar_before: float
    forms: dict[str, FormResult]


@dataclass(frozen=True, kw_only=True)
class FoldResult:
    """A fold within an evaluation.

    Attributes:
        seconds: How long its training took, s.
        parameters: Of its network; ``None`` for a classical family.
        weights_sha256: Hash of its network's weights; ``None`` for a classical family.
        uar_float: Of the float form on the test speakers, 0 to 1.
        uar_int8: Of the int8 form on the test speakers, 0 to 1; ``None`` for a classical family.
    """

    seconds: float
    parameters: int | None = None
    weights_sha256: str | None = None
    uar_float: float
    uar_int8: float | None = None


@dataclass(frozen=True)
class RunEvaluation:
    """All figures of a run (``evaluation.json``).

    Attributes:
        family: Of the network.
        protocol: Its name, with the number of folds for `kfold`.
        corpora: Those whose speakers are tested.
        learn_from: Those that are only trained on.
        data: The recordings.
        figures: Over the test clips of all folds.
        folds: By name.
        whole_path: From samples to events, for a protocol with one fold whose network can be exported.
    """

    family: str
    protocol: str
    corpora: tuple[str, ...]
    learn_from: tuple[str, ...]
    data: RunData
    figures: Evaluation = field(metadata=FLAT)
    folds: dict[str, FoldResult]
    whole_path: WholePath | None = None


@dataclass(frozen=True)
class ModelData:
    """The recordings on which a finished model is evaluated.

    Attributes:
        fingerprint: Hash of the content, label and speaker of every clip of these corpora that can be used.
        clips: Evaluated clips.
        skipped: How many files are left out, by reason.
        warnings: What a reader of the figures should know, one line each.
        speakers_it_learned_from: Left out, because the model was trained on them.
    """

    fingerprint: str
    clips: int
    skipped: dict[str, int]
    warnings: tuple[str, ...]
    speakers_it_learned_from: tuple[str, ...]


@dataclass(frozen=True)
class ModelEvaluation:
    """All figures of a finished model.

    Attributes:
        model_sha256: Hash of the model file.
        corpora: Those whose speakers are evaluated.
        data: The recordings.
        figures: Over the evaluated clips.
    """

    model_sha256: str
    corpora: tuple[str, ...]
    data: ModelData
    figures: Evaluation = field(metadata=FLAT)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Families, or values of a setting, side by side (``comparison.json``).

    Attributes:
        protocol: Of all runs.
        corpora: Those whose speakers are tested.
        learn_from: Those that are only trained on.
        labels: Of all runs.
        clips: Test clips of all folds.
        speakers: Test speakers of all folds.
        data_fingerprint: Of the recordings.
        compared: Key of the setting that is compared; ``None`` in files older than this key, which compare families.
        rows: One for each family or value.
    """

    protocol: str
    corpora: tuple[str, ...]
    learn_from: tuple[str, ...]
    labels: tuple[str, ...]
    clips: int
    speakers: int
    data_fingerprint: str
    compared: str | None = None
    rows: tuple[ComparisonRow, ...]
