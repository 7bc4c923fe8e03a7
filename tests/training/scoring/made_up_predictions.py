"""Made-up predictions."""

from __future__ import annotations

import numpy as np

from training.scoring.predictions import Predictions

LABELS = ("anger", "fear", "neutral", "sadness")


def made_up(
    clips: int = 400, speakers: int = 20, seed: int = 0, skill: float = 1.0, silent: float = 0.05
) -> Predictions:
    """Return predictions of made-up clips: better with more skill, and with a share of clips without speech."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(len(LABELS), size=clips)
    logits = rng.normal(size=(clips, len(LABELS)))
    logits[np.arange(clips), targets] += skill
    logits[rng.random(clips) < silent] = np.nan
    who = rng.integers(speakers, size=clips)
    return Predictions(
        labels=LABELS,
        paths=tuple(f"{seed}/{i}.wav" for i in range(clips)),
        corpora=tuple("emodb" if w % 4 == 0 else "crema-d" for w in who),
        speakers=tuple(f"speaker {w}" for w in who),
        sexes=tuple(("female", "male", None)[w % 3] for w in who),
        targets=targets,
        logits=logits,
    )
