"""Made-up figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.corpora.labels import LABELS
from training.scoring.figures import ComparisonRow, Evaluation
from training.scoring.metrics import evaluate
from training.scoring.predictions import Predictions


def made_up(labels: tuple[str, ...] = LABELS[:6]) -> Predictions:
    """Return predictions for 300 clips of 12 speakers; in seven no speech was detected."""
    rng = np.random.default_rng(0)
    targets = rng.integers(len(labels), size=300)
    logits = rng.normal(size=(300, len(labels)))
    logits[np.arange(300), targets] += 1.0
    logits[:7] = np.nan
    who = rng.integers(12, size=300)
    return Predictions(
        labels=labels,
        paths=tuple(map(str, range(300))),
        corpora=tuple(("crema-d", "emodb")[w % 2] for w in who),
        speakers=tuple(map(str, who)),
        sexes=tuple(("female", "male")[w // 6] for w in who),
        targets=targets,
        logits=logits,
    )


def both(labels: tuple[str, ...] = LABELS[:6]) -> Evaluation:
    """Return an evaluation of two forms."""
    predictions = made_up(labels)
    return evaluate(predictions, replace(predictions, logits=np.round(2.0 * predictions.logits)))


NOTHING = ComparisonRow("svm", None, None, None, None, None, None, None, None, None)
ROWS = (
    ComparisonRow(
        family="cnn_lstm",
        uar=0.579,
        uar_interval=(0.544, 0.613),
        uar_int8=0.5771,
        uar_int8_interval=(0.541, 0.61),
        parameters=45_127,
        multiply_adds_a_second=1_234_567,
        int8_bytes=56_320,
        latency_us_a_second=1_834.2,
        seconds=754.0,
    ),
    replace(NOTHING, family="random_forest", uar=0.4, uar_interval=(0.38, 0.42), seconds=12.3),
    NOTHING,
)
