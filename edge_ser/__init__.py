"""edge-ser: speech emotion recognition that runs entirely on a Raspberry Pi-class device.

The public API is loaded on first use, so that `import edge_ser` costs nothing:

    >>> from edge_ser import EmotionRecognizer, demonstration
    >>> EmotionRecognizer().classify(demonstration()).label
    'neutral'
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; `typing` has the same, and takes longer than all else here
if TYPE_CHECKING:
    from typing import Any

    from edge_ser.errors import EdgeSerError as EdgeSerError
    from edge_ser.events import EmotionEvent as EmotionEvent
    from edge_ser.events import Event as Event
    from edge_ser.events import StatusEvent as StatusEvent
    from edge_ser.listening.listener import Listener as Listener
    from edge_ser.listening.recognizer import EmotionRecognizer as EmotionRecognizer
    from edge_ser.paths import demonstration as demonstration
    from edge_ser.recognition.results import Result as Result
    from edge_ser.recognition.results import Segment as Segment

__version__ = "0.1.0"

_MODULES = {
    "EdgeSerError": "edge_ser.errors",
    "EmotionEvent": "edge_ser.events",
    "EmotionRecognizer": "edge_ser.listening.recognizer",
    "Event": "edge_ser.events",
    "Listener": "edge_ser.listening.listener",
    "Result": "edge_ser.recognition.results",
    "Segment": "edge_ser.recognition.results",
    "StatusEvent": "edge_ser.events",
    "demonstration": "edge_ser.paths",
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    """Import a name of the public API on first use (PEP 562).

    Raises:
        AttributeError: the public API has no such name.
    """
    if name not in _MODULES:
        raise AttributeError(f"module 'edge_ser' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
