"""All settings of a run, as frozen dataclasses with a unit under every field.

A run's TOML file has a table for each of them (:mod:`training.configuration`).  Each is validated once, when it is
created; an error names the key, the value and what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from edge_ser.errors import InvalidSetting
from edge_ser.settings.checks import require, require_one_of

PROTOCOLS: Final = ("holdout", "kfold", "loso", "cross")
IMBALANCES: Final = ("none", "class-weights", "over-sampling", "under-sampling")
SELECTIONS: Final = ("best", "last", "average")


@dataclass(frozen=True)
class DataSettings:
    """Which recordings a run is trained and evaluated on."""

    corpora: tuple[str, ...] = ("crema-d", "emodb")
    """Corpora whose speakers the protocol splits; in `cross`, those that are evaluated, whole."""
    learn_from: tuple[str, ...] = ()
    """Other corpora, whole, only to train on."""
    classes: str = "all"
    """Labels: `all` of the evaluated corpora, `4`, `6`, or names separated by commas."""
    noise: str = "noise"
    """Folder of recordings without speech, to train on and to add to voices if it exists; empty for none."""
    sounds: int = 12
    """Synthesized recordings of each kind (music, keyboard, wind and others), besides those of the noise folder."""

    def __post_init__(self) -> None:
        require("data.sounds", self.sounds, 0, 1000)
        if not self.corpora:
            raise InvalidSetting("data.corpora = []: allowed is one corpus or more")
        twice = set(self.corpora) & set(self.learn_from)
        if twice:
            raise InvalidSetting(f"data.learn_from = {sorted(twice)}: is in data.corpora too; name it once")


@dataclass(frozen=True)
class ProtocolSettings:
    """Who is trained on and who is evaluated; no speaker is in both groups."""

    name: str = "holdout"
    """`holdout`, `kfold`, `loso` (leave one speaker out) or `cross` (evaluate other corpora)."""
    folds: int = 5
    """Folds of `kfold`."""
    test: float = 0.2
    """Share of the speakers of each corpus that `holdout` evaluates, 0.01 to 0.9."""
    validation: float = 2 / 15
    """Share of the remaining speakers of each corpus (of all of them in `holdout`) for selection and calibration."""
    seed: int = 7
    """Seed of the choice of speakers."""

    def __post_init__(self) -> None:
        require_one_of("protocol.name", self.name, PROTOCOLS)
        require("protocol.folds", self.folds, 2, 100)
        require("protocol.test", self.test, 0.01, 0.9)
        require("protocol.validation", self.validation, 0.01, 0.5)


@dataclass(frozen=True)
class NetworkSettings:
    """The family and the size of a network; the classical families have no sizes."""

    family: str = "cnn_lstm"
    """`cnn`, `lstm`, `blstm`, `cnn_lstm`, `cnn_blstm`, `svm`, `decision_tree` or `random_forest`."""
    channels: int = 16
    """Channels of the first convolution over time and frequency; the second has twice as many."""
    units: int = 64
    """Features per step that the convolutions pass on, and units of the LSTM in each direction."""
    dropout: float = 0.2
    """Share of the inputs of the last layer that is dropped in training; after each convolution, half of it."""

    def __post_init__(self) -> None:
        require("network.channels", self.channels, 4, 1024)
        require("network.units", self.units, 4, 1024)
        require("network.dropout", self.dropout, 0, 0.9)


@dataclass(frozen=True)
class AugmentSettings:
    """What happens to the training recordings before the front end; every field but the first is a probability."""

    copies: int = 6
    """Augmented copies of each recording, in addition to the recording itself."""
    speed: float = 0.35
    """Faster or slower playback: tempo, pitch and formants change together."""
    tempo: float = 0.2
    """Another tempo at the same pitch."""
    pitch: float = 0.2
    """Another pitch at the same tempo."""
    room: float = 0.35
    """A simulated room between the mouth and the microphone."""
    noise: float = 0.55
    """Noise, 3 to 30 dB below the voice."""
    band: float = 0.4
    """A microphone or line that rolls off at both ends of the spectrum."""
    gain: float = 1.0
    """Another level, from 2 dB above full scale to 36 dB below."""

    def __post_init__(self) -> None:
        require("augment.copies", self.copies, 0, 50)
        for key in ("speed", "tempo", "pitch", "room", "noise", "band", "gain"):
            require(f"augment.{key}", getattr(self, key), 0, 1)


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    epochs: int = 50
    """Passes over the training utterances, each time in one of their copies."""
    draws: int = 4_000
    """Voices in an epoch, about; a small corpus is drawn several times, so that it is not trained too briefly."""
    repeats: int = 5
    """How often, at most, a small corpus is drawn in an epoch, so that it counts beside the largest one."""
    batch: int = 64
    """Utterances per step of the optimizer."""
    rate: float = 4e-3
    """Peak learning rate of AdamW; it falls to zero as a cosine."""
    decay: float = 2e-3
    """Weight decay of AdamW."""
    smoothing: float = 0.1
    """Label smoothing."""
    speech_weight: float = 1.0
    """Weight of the loss of the speech output, relative to that of the emotions."""
    noise_share: float = 0.25
    """Recordings without speech in an epoch, relative to the number of voices."""
    imbalance: str = "class-weights"
    """How unequal classes are balanced: `none`, `class-weights`, `over-sampling` or `under-sampling`."""
    votes: float = 0.0
    """Weight of the listeners' votes, where there are any, as a soft label against the intended emotion, 0 to 1."""
    mixup: float = 0.0
    """Alpha of mixup's beta distribution (Zhang et al. 2018); 0 for none."""
    mask: float = 0.5
    """Probability of a masked stretch of time (SpecAugment, Park et al. 2019)."""
    select: str = "average"
    """Which weights are kept: those of the epoch that is `best` on the validation speakers, of the `last` one, or the
    `average` over the last third."""

    def __post_init__(self) -> None:
        require("training.epochs", self.epochs, 1, 10_000)
        require("training.draws", self.draws, 0, 10**6)
        require("training.repeats", self.repeats, 1, 1000)
        require("training.batch", self.batch, 2, 4096, "utterances")
        require("training.rate", self.rate, 1e-6, 1)
        require("training.decay", self.decay, 0, 1)
        require("training.smoothing", self.smoothing, 0, 0.9)
        require("training.speech_weight", self.speech_weight, 0, 100)
        require("training.noise_share", self.noise_share, 0, 4)
        require_one_of("training.imbalance", self.imbalance, IMBALANCES)
        require("training.votes", self.votes, 0, 1)
        require("training.mixup", self.mixup, 0, 10)
        require("training.mask", self.mask, 0, 1)
        require_one_of("training.select", self.select, SELECTIONS)


@dataclass(frozen=True)
class TeacherSettings:
    """Larger networks, trained first on the same speakers, whose logits the network imitates (Hinton et al. 2015)."""

    members: int = 0
    """Number of teachers, whose logits are averaged; 0 for no distillation."""
    family: str = "cnn_blstm"
    """Family of the teachers."""
    channels: int = 32
    """As the network's."""
    units: int = 128
    """As the network's."""
    dropout: float = 0.4
    """As the network's."""
    epochs: int = 40
    """Passes over the training utterances."""
    weight: float = 0.7
    """Share of the teachers in the loss, 0 to 1."""
    temperature: float = 2.0
    """Divides all logits in the teachers' part of the loss."""

    def __post_init__(self) -> None:
        require("teacher.members", self.members, 0, 20)
        require("teacher.channels", self.channels, 4, 1024)
        require("teacher.units", self.units, 4, 1024)
        require("teacher.dropout", self.dropout, 0, 0.9)
        require("teacher.epochs", self.epochs, 1, 10_000)
        require("teacher.weight", self.weight, 0, 1)
        require("teacher.temperature", self.temperature, 0.5, 20)


@dataclass(frozen=True)
class RunSettings:
    """All settings of a run."""

    seed: int = 1
    """Seed of initial weights, order and all random numbers in training."""
    data: DataSettings = field(default_factory=DataSettings)
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    teacher: TeacherSettings = field(default_factory=TeacherSettings)

    def __post_init__(self) -> None:
        require("seed", self.seed, 0, 2**31)
        if self.protocol.name == "cross" and not self.data.learn_from:
            raise InvalidSetting("data.learn_from = []: the protocol `cross` needs a corpus to train on")
