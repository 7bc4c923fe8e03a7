"""The results of `training robustness`, as in its JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Uar:
    """Recognition of one set of clips.

    Attributes:
        uar: Unweighted average recall, 0 to 1.
        difference: From that of clean recordings, percentage points.
        no_speech: Clips in which no speech was detected; they count as wrong.
    """

    uar: float
    difference: float
    no_speech: int


@dataclass(frozen=True)
class ConditionResult:
    """Recognition under one condition.

    Attributes:
        uar: Unweighted average recall over all clips, 0 to 1.
        difference: From that of clean recordings, percentage points.
        no_speech: Clips in which no speech was detected; they count as wrong.
        per_corpus: The same of each corpus.
    """

    uar: float
    difference: float
    no_speech: int
    per_corpus: dict[str, Uar]


@dataclass(frozen=True)
class Rates:
    """Final emotion events where nobody speaks.

    Attributes:
        events_an_hour: All of them, per hour.
        of_them_uncertain: Those with the label ``uncertain``, per hour.
    """

    events_an_hour: float
    of_them_uncertain: float


@dataclass(frozen=True)
class NonSpeech:
    """Final emotion events in a stream without speech.

    Attributes:
        hours: Length of the stream, hours.
        events_an_hour: All of them, per hour.
        of_them_uncertain: Those with the label ``uncertain``, per hour.
        by_kind: The same for each kind of sound, per hour of that kind.
    """

    hours: float
    events_an_hour: float
    of_them_uncertain: float
    by_kind: dict[str, Rates]


@dataclass(frozen=True)
class Flips:
    """How often the label changes while one person speaks in one mood.

    Attributes:
        flips_a_minute: Over all emotion events, per minute.
        final_flips_a_minute: Over the final ones, per minute.
    """

    flips_a_minute: float
    final_flips_a_minute: float


@dataclass(frozen=True)
class Steadiness:
    """How often the label changes, over several speakers.

    Attributes:
        label: The mood.
        minutes: Length of each speaker's stream, minutes.
        flips_a_minute: Mean over the speakers, all emotion events, per minute; ``None`` without speakers.
        final_flips_a_minute: Mean over the speakers, final events, per minute; ``None`` without speakers.
        speakers: By name.
    """

    label: str
    minutes: float
    flips_a_minute: float | None
    final_flips_a_minute: float | None
    speakers: dict[str, Flips]


@dataclass(frozen=True)
class RobustnessData:
    """The recordings.

    Attributes:
        fingerprint: Hash of the content, label and speaker of every clip of these corpora that can be used.
        clips: Voices.
        speakers: Who speaks.
        noises: Recordings without speech.
        skipped: How many files are left out, by reason.
        warnings: What a reader of the figures should know, one line each.
        speakers_it_learned_from: Left out, because the model was trained on them.
    """

    fingerprint: str
    clips: int
    speakers: tuple[str, ...]
    noises: int
    skipped: dict[str, int]
    warnings: tuple[str, ...]
    speakers_it_learned_from: tuple[str, ...]


@dataclass(frozen=True)
class Robustness:
    """Everything that was measured; what was not asked for is ``None``.

    Attributes:
        model_sha256: Hash of the model file.
        corpora: Of the voices.
        labels: Between which the model decides.
        data: The recordings.
        conditions: By name.
        non_speech: Where nobody speaks.
        steady: While one person speaks in one mood.
    """

    model_sha256: str
    corpora: tuple[str, ...]
    labels: tuple[str, ...]
    data: RobustnessData
    conditions: dict[str, ConditionResult] | None = None
    non_speech: NonSpeech | None = None
    steady: Steadiness | None = None
