"""The settings of `edge-ser listen` as dataclasses (`tables`), the checks of their values, and conversion to TOML."""

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
