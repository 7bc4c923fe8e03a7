"""How a training went, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """One pass over the training utterances.

    Attributes:
        epoch: Its number, from 1.
        loss: Mean over its batches, nats.
        validation_uar: Unweighted average recall on the validation speakers after it, 0 to 1.
    """

    epoch: int
    loss: float
    validation_uar: float
