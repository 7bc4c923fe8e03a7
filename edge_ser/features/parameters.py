"""The front end's parameters: what must be equal in training and on the device.

They travel inside each model file; a model made with another version of the arithmetic is refused.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from edge_ser.errors import FrontEndMismatch, InvalidSetting

VERSION: Final = 2
"""Version of the arithmetic in SPEC.md.  Any change of a bit that comes out raises it."""

WINDOW: Final = 512
"""Samples a frame (32 ms at 16 kHz), the length of the DFT."""

GAIN_BITS: Final = 20
"""Fraction bits of the gains."""


@dataclass(frozen=True)
class FrontEndParameters:
    """Framing, mel bands, cepstra and normalization of the front end."""

    rate: int = 16_000
    """Samples a second, Hz."""
    hop: int = 256
    """Samples from one frame to the next (16 ms at 16 kHz)."""
    bands: int = 40
    """Triangular mel bands."""
    low: float = 60.0
    """Lower edge of the first band, Hz: above mains hum and rumble."""
    high: float = 5_000.0
    """Upper edge of the last band, Hz: what 11,025 Hz recordings and narrow microphones still carry."""
    coefficients: int = 40
    """Cepstral coefficients a frame, c0 included."""
    settle: int = 30
    """Frames at the start of an utterance that share one peak and one mean (0.48 s)."""
    range: int = 12
    """Log2 units of power (3.01 dB each) below the loudest band of the utterance so far that count: 36 dB."""
    gains: tuple[int, ...] = ()
    """int8 steps a unit of each normalized coefficient, Q20, found in training; one a coefficient."""

    def __post_init__(self) -> None:
        for key, allowed, ok in (
            ("rate", "8000 to 48000 Hz", 8_000 <= self.rate <= 48_000),
            ("hop", f"64 to {WINDOW} samples", 64 <= self.hop <= WINDOW),
            ("bands", "8 to 64", 8 <= self.bands <= 64),
            ("low", "0 Hz to below `high`", 0 <= self.low < self.high),
            ("high", "up to 5/16 of the rate", self.high <= self.rate * 5 / 16),
            ("coefficients", "2 to `bands`", 2 <= self.coefficients <= self.bands),
            ("settle", "1 to 250 frames", 1 <= self.settle <= 250),
            ("range", "4 to 40 log2 units of power", 4 <= self.range <= 40),
            ("gains", "none, or one a coefficient, below 2^24", self._gains_fit()),
        ):
            if not ok:
                raise InvalidSetting(f"front_end.{key} = {getattr(self, key)}: allowed is {allowed}")

    @property
    def first(self) -> int:
        """Samples of an utterance until its first frames come out."""
        return WINDOW + (self.settle - 1) * self.hop

    def _gains_fit(self) -> bool:
        return len(self.gains) in (0, self.coefficients) and all(0 < gain < 2**24 for gain in self.gains)

    def to_dict(self) -> dict[str, Any]:
        """Return all parameters with the arithmetic's version, as they stand in a model file."""
        return {"version": VERSION, **asdict(self), "gains": list(self.gains)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> FrontEndParameters:
        """Make parameters of what :meth:`to_dict` returned.

        Raises:
            FrontEndMismatch: another version of the arithmetic.
            InvalidSetting: a value is outside what is allowed.
        """
        values = dict(values)
        version = values.pop("version")
        if version != VERSION:
            raise FrontEndMismatch(
                f"the model was trained on front end version {version}, installed is {VERSION}; "
                "install the edge-ser that made it, or train it anew"
            )
        return cls(**{**values, "gains": tuple(values["gains"])})
