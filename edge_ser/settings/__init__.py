"""Settings: the dataclasses (`tables`), what they are checked with, and TOML in and out (`toml`)."""

from edge_ser.settings.quiet_hours import QuietHours
from edge_ser.settings.tables import (
    FORMATS,
    GateSettings,
    HistorySettings,
    InputSettings,
    ListenSettings,
    MicrophoneSettings,
    ModelSettings,
    MqttSettings,
    OutputSettings,
    PrivacySettings,
)

__all__ = [
    "FORMATS",
    "GateSettings",
    "HistorySettings",
    "InputSettings",
    "ListenSettings",
    "MicrophoneSettings",
    "ModelSettings",
    "MqttSettings",
    "OutputSettings",
    "PrivacySettings",
    "QuietHours",
]
