"""edge-ser: speech emotion recognition that runs entirely on a Raspberry Pi-class device."""

__version__ = "0.1.0"
