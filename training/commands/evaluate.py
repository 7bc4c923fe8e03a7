"""``python -m training evaluate``."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from training.commands import run


@click.command(name="evaluate")
@run.data
@run.folder
def command(data: Path, folder: Path) -> None:
    """Judge a run's float and int8 networks on the test speakers, and write the figures into the model's card."""
    from edge_ser.events import LABELS
    from edge_ser.model.bundle import read_bundle
    from edge_ser.model.interpreter import choose_backend
    from training import card, false_alarms
    from training.calibrate import expected_calibration_error
    from training.evaluate import clip_logits, score, streamed_steps, whole_steps
    from training.families import cnn_lstm

    loaded = run.read(data, folder)
    bundle = read_bundle(folder / "model.tflite")
    backend = choose_backend("litert")
    network = cnn_lstm.build(None, len(loaded.gain), len(LABELS) + 1)
    network.load_weights(folder / "best.weights.h5")

    figures: dict[str, object] = {}
    for corpus in ("crema-d", "emodb"):
        test = [u for u in loaded.test if u.clip.corpus == corpus]
        logits, targets, speakers = clip_logits(test, lambda f: whole_steps(network, f), loaded.gain)
        logits8, _, _ = clip_logits(test, lambda f: streamed_steps(bundle, backend, f), loaded.gain)
        figures[corpus] = {
            "float": asdict(score(logits, targets, speakers)),
            "int8": asdict(score(logits8, targets, speakers)),
            "agreement": round(float((logits.argmax(1) == logits8.argmax(1)).mean()), 4),
            "expected_calibration_error": expected_calibration_error(logits8, targets, bundle.decision.temperature),
        }
    figures["gate and model"] = false_alarms.measure(loaded.split.test, bundle, backend)
    run.write_json(folder / "evaluation.json", figures)

    facts = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("training", "quantization")}
    text = card.write(facts["training"], facts["quantization"], figures)
    run.write_bytes(folder / "model.tflite", replace(bundle, card=text).to_bytes())
    click.echo(card.table(figures))
