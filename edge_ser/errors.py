"""The errors that a user can cause, each with a one-line message and its own exit status.

The command line prints ``str(error)`` and exits with ``error.exit_status``.  Statuses 0, 1, 2, 130, 141 and 143 are
taken by convention (success, some files failed, usage, Ctrl-C, closed output, SIGTERM).  The others are 9 for errors
without a number, 8 for a benchmark that found a regression, and a group of ten each for microphones (1x), recordings
(2x), models (3x), outputs (4x), settings (5x), the service (6x), the firmware configuration (7x) and benchmarks (8x).
"""

from __future__ import annotations

from typing import ClassVar, Final

EXIT_INTERRUPTED: Final = 130
EXIT_TERMINATED: Final = 143


class EdgeSerError(Exception):
    """Base of all errors that a user can cause and fix; the message says what to do."""

    exit_status: ClassVar[int] = 9

    event_status: ClassVar[str] = "error"
    """The status of the event that reports it, one of :data:`edge_ser.events.STATUSES`."""


# 1x: microphones -----------------------------------------------------------------------------------------------------


class NoMicrophone(EdgeSerError):
    """The machine has no microphone."""

    exit_status = 10
    event_status = "no-microphone"


class UnknownMicrophone(EdgeSerError):
    """No microphone has the given name, or more than one has."""

    exit_status = 11
    event_status = "no-microphone"


class MicrophoneIndexOutOfRange(EdgeSerError):
    """No microphone has the given index."""

    exit_status = 12
    event_status = "no-microphone"


class MicrophoneLost(EdgeSerError):
    """The microphone stopped delivering sound while it was being read."""

    exit_status = 13
    event_status = "device-lost"


class UnsupportedRate(EdgeSerError):
    """A source's sample rate cannot be used."""

    exit_status = 14


class PyAudioMissing(EdgeSerError):
    """PyAudio or the PortAudio library behind it is not installed."""

    exit_status = 15


class MicrophoneBusy(EdgeSerError):
    """The microphone exists but could not be opened."""

    exit_status = 16
    event_status = "device-busy"


# 2x: recordings ------------------------------------------------------------------------------------------------------


class RecordingMissing(EdgeSerError):
    """The path does not exist."""

    exit_status = 20


class RecordingUnreadable(EdgeSerError):
    """The path exists but cannot be read as a file."""

    exit_status = 21


class EmptyRecording(EdgeSerError):
    """The file is empty: 0 bytes."""

    exit_status = 22


class NoSamples(EdgeSerError):
    """The recording has length zero."""

    exit_status = 23


class TruncatedRecording(EdgeSerError):
    """The file ends before its header says it does."""

    exit_status = 24


class NotARecording(EdgeSerError):
    """The file is not in a known audio format."""

    exit_status = 25


class NoRecordings(EdgeSerError):
    """A folder contains no recording."""

    exit_status = 26


# 3x: models ----------------------------------------------------------------------------------------------------------


class ModelCorrupt(EdgeSerError):
    """The model file is damaged or cannot be read."""

    exit_status = 30


class ModelForeign(EdgeSerError):
    """The file is a model, but not an edge-ser model."""

    exit_status = 31


class FrontEndMismatch(EdgeSerError):
    """The model was trained with a different version of the front end."""

    exit_status = 32


class InterpreterMissing(EdgeSerError):
    """No TensorFlow Lite interpreter works here, or not the one asked for."""

    exit_status = 33


# 4x: outputs ---------------------------------------------------------------------------------------------------------


class SocketUnwritable(EdgeSerError):
    """The socket's path or address cannot be used."""

    exit_status = 40


class SocketInUse(EdgeSerError):
    """Another process serves the socket or the port."""

    exit_status = 41


class OutputFailed(EdgeSerError):
    """Standard output or a file behind it cannot be written, for example because the disk is full."""

    exit_status = 42


class OutputClosed(EdgeSerError):
    """The reader of standard output went away (``| head``); the command ends silently, as other tools do."""

    exit_status = 141


# 5x: settings --------------------------------------------------------------------------------------------------------


class InvalidSetting(EdgeSerError):
    """A setting's value is not allowed; the message names key, value and what is allowed."""

    exit_status = 50


class NotPermitted(EdgeSerError):
    """This user may not read or write a file or folder that a setting names."""

    exit_status = 51


# 6x: the service -----------------------------------------------------------------------------------------------------


class NotRoot(EdgeSerError):
    """The command changes the system, which only root may do."""

    exit_status = 60


class NoSystemd(EdgeSerError):
    """The machine does not run systemd."""

    exit_status = 61


class UnsupportedSystem(EdgeSerError):
    """The system is 32-bit or too old; the message says which it is and what is needed."""

    exit_status = 62


class NoRoom(EdgeSerError):
    """The disk is too full for the installation."""

    exit_status = 63


class StepFailed(EdgeSerError):
    """A program that the installation ran failed; the message has its last line of output."""

    exit_status = 64


class NotInstalled(EdgeSerError):
    """The service is not installed on this machine."""

    exit_status = 65


# 7x: firmware configuration ------------------------------------------------------------------------------------------


class NoFirmwareFile(EdgeSerError):
    """There is no config.txt: this is not a Raspberry Pi, or its boot partition is not mounted."""

    exit_status = 70


class FirmwareFileOdd(EdgeSerError):
    """config.txt or the edge-ser block in it is damaged, so that it cannot be changed safely."""

    exit_status = 71


# 8, 8x: benchmarks ---------------------------------------------------------------------------------------------------


class SlowerThanBefore(EdgeSerError):
    """A figure is worse than in an earlier result by more than the limit, and by more than chance explains."""

    exit_status = 8


class NothingHeard(EdgeSerError):
    """No utterance was recognized in the audio of a benchmark, so there is nothing to measure."""

    exit_status = 80


class NotAResult(EdgeSerError):
    """The file to compare with is not a benchmark result, or not one that this version can compare with."""

    exit_status = 81
