"""``python -m training quantize``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from training.commands import run


@click.command(name="quantize")
@run.data
@run.folder
@click.option("--clips", default=400, show_default=True, help="Training utterances from which ranges are taken.")
def command(data: Path, folder: Path, clips: int) -> None:
    """Convert a trained network to full int8, calibrate it on the validation speakers, write the model file."""
    from edge_ser.events import LABELS
    from edge_ser.model.bundle import Bundle, ChunkLayout
    from edge_ser.model.interpreter import choose_backend
    from edge_ser.settings import DecisionSettings
    from training import batches, calibrate
    from training.evaluate import clip_logits, streamed_steps
    from training.families import cnn_lstm
    from training.quantize import CHUNK_FRAMES, check, convert, multiply_adds, steps_a_second

    loaded = run.read(data, folder)
    network = cnn_lstm.build(None, len(loaded.gain), len(LABELS) + 1)
    network.load_weights(folder / "best.weights.h5")
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(loaded.train[0]), min(clips, len(loaded.train[0])), replace=False)
    features = [batches.quantize(loaded.train[0][i].cepstra, loaded.gain) for i in chosen]
    model = convert(network, features)
    layout = ChunkLayout(CHUNK_FRAMES, cnn_lstm.CONTEXT, CHUNK_FRAMES // cnn_lstm.STRIDE)
    bundle = Bundle(LABELS, loaded.front_end, layout, DecisionSettings(), {}, model)

    backend = choose_backend("litert")
    logits, targets, _ = clip_logits(loaded.validation, lambda f: streamed_steps(bundle, backend, f), loaded.gain)
    voices = [batches.quantize(u.cepstra, loaded.gain) for u in loaded.validation if u.clip.label]
    evidence = calibrate.evidence(streamed_steps(bundle, backend, voices))
    decision = replace(calibrate.decision(logits, targets), evidence=evidence)
    per_second = multiply_adds(network) * steps_a_second(bundle.front_end.hop, bundle.front_end.rate)
    facts: dict[str, Any] = {
        "operators": dict(check(model)),
        "bytes": len(model),
        "parameters": network.count_params(),
        "multiply_adds_a_second": round(per_second),
    }
    run.write_json(folder / "quantization.json", facts)
    content = replace(bundle, decision=decision, card={"network": facts}).to_bytes()
    run.write_bytes(folder / "model.tflite", content)
    click.echo(f"{folder / 'model.tflite'}: {facts}, {decision}")
