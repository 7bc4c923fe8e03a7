"""The front end's parameters, which must be the same in training and on the device.

Each model file includes them; a model made with another version of the arithmetic is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from edge_ser.errors import FrontEndMismatch, InvalidSetting

VERSION: Final = 2
"""Version of the arithmetic in SPEC.md; it is raised whenever an output bit changes."""

WINDOW: Final = 512
"""Samples per frame (32 ms at 16 kHz), the length of the DFT."""

GAIN_BITS: Final = 20
"""Fraction bits of the gains."""

_IN_MODEL_FILES: Final = {
    "hop_samples": "hop",
    "lower_limit_hz": "low",
    "upper_limit_hz": "high",
    "settle_frames": "settle",
    "dynamic_range_log2": "range",
}
"""Shorter names of fields in model files, which are older than the units in the field names."""


@dataclass(frozen=True)
class FrontEndParameters:
    """Framing, mel bands, cepstra and normalization of the front end."""

    rate: int = 16_000
    """Sample rate, Hz."""
    hop_samples: int = 256
    """Samples from one frame to the next (16 ms at 16 kHz)."""
    bands: int = 40
    """Number of triangular mel bands."""
    lower_limit_hz: float = 60.0
    """Lower edge of the first band, Hz: above mains hum and rumble."""
    upper_limit_hz: float = 5_000.0
    """Upper edge of the last band, Hz: within reach of 11,025 Hz recordings and narrow-band microphones."""
    coefficients: int = 40
    """Cepstral coefficients per frame, c0 included."""
    settle_frames: int = 30
    """Frames at the start of an utterance that share one peak and one mean (0.48 s)."""
    dynamic_range_log2: int = 12
    """Dynamic range below the loudest band of the utterance so far, log2 units of power (3.01 dB each): 36 dB."""
    gains: tuple[int, ...] = ()
    """int8 steps per unit of each normalized coefficient, Q20, found in training; one per coefficient."""

    def __post_init__(self) -> None:
        for key, allowed, ok in (
            ("rate", "8000 to 48000 Hz", 8_000 <= self.rate <= 48_000),
            ("hop_samples", f"64 to {WINDOW} samples", 64 <= self.hop_samples <= WINDOW),
            ("bands", "8 to 64", 8 <= self.bands <= 64),
            ("lower_limit_hz", "0 Hz to below `upper_limit_hz`", 0 <= self.lower_limit_hz < self.upper_limit_hz),
            ("upper_limit_hz", "up to 5/16 of the rate", self.upper_limit_hz <= self.rate * 5 / 16),
            ("coefficients", "2 to `bands`", 2 <= self.coefficients <= self.bands),
            ("settle_frames", "1 to 250 frames", 1 <= self.settle_frames <= 250),
            ("dynamic_range_log2", "4 to 40 log2 units of power", 4 <= self.dynamic_range_log2 <= 40),
            ("gains", "none, or one for each coefficient, below 2^24", self._gains_fit()),
        ):
            if not ok:
                raise InvalidSetting(f"front_end.{key} = {getattr(self, key)}: allowed is {allowed}")

    @property
    def first_frames_after(self) -> int:
        """Samples of an utterance that are needed before its first frames are ready."""
        return WINDOW + (self.settle_frames - 1) * self.hop_samples

    def _gains_fit(self) -> bool:
        return len(self.gains) in (0, self.coefficients) and all(0 < gain < 2**24 for gain in self.gains)

    def to_dict(self) -> dict[str, Any]:
        """Return all parameters and the version of the arithmetic, as a model file has them."""
        fields = {_IN_MODEL_FILES.get(name, name): value for name, value in asdict(self).items()}
        return {"version": VERSION, **fields, "gains": list(self.gains)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FrontEndParameters:
        """Make parameters from a result of :meth:`to_dict`.

        Raises:
            FrontEndMismatch: the version of the arithmetic is another one.
            InvalidSetting: a value is not allowed.
        """
        values = dict(values)
        version = values.pop("version")
        if version != VERSION:
            raise FrontEndMismatch(
                f"the model was trained on front end version {version}, installed is {VERSION}; "
                "install the edge-ser that made it, or train it again"
            )
        names = {short: name for name, short in _IN_MODEL_FILES.items()}
        return cls(**{names.get(key, key): value for key, value in values.items()} | {"gains": tuple(values["gains"])})
