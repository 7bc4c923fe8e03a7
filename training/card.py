"""The model card that travels in the model file: what it learned from, how good it is, what it is not for."""

from __future__ import annotations

from typing import Any, Final

_SOURCES: Final = {
    "crema-d": "CREMA-D (Cao et al. 2014), English, acted; ODbL 1.0",
    "emodb": "EmoDB (Burkhardt et al. 2005), German, acted; CC0 1.0",
    "noise": "ESC-10 (Piczak 2015), CC BY 3.0, and background noises of Speech Commands (Warden 2018), CC BY 4.0",
}

_LIMITS: Final = [
    "Acted speech only, English and German; spontaneous speech and other languages are heard worse.",
    "Voice alone, people themselves name the intended emotion of a CREMA-D clip about 40 % of the time.",
    "Not for decisions about people; the EU AI Act forbids emotion inference at work and in education.",
]


def write(training: dict[str, Any], quantization: dict[str, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """Return the card as it stands in the model file."""
    speakers = training["speakers"]
    return {
        "name": "CNN-LSTM",
        "licence": "Apache-2.0; it was trained on a database under the ODbL, named below",
        "trained_on": [
            f"{text}; {sum(speaker.startswith(corpus) for speaker in speakers['train'])} of its voices or noises"
            for corpus, text in _SOURCES.items()
        ],
        "speakers": {part: len([s for s in names if "noise" not in s]) for part, names in speakers.items()},
        "test_speakers": [s for s in speakers["test"] if "noise" not in s],
        "network": quantization,
        "figures_on_the_test_speakers": {
            "crema-d, 6 classes": _figures(figures["crema-d"]),
            "emodb, 6 classes": _figures(figures["emodb"]),
            "whole path": figures["gate and model"],
        },
        "limits": _LIMITS,
    }


def _figures(of_corpus: dict[str, Any]) -> dict[str, Any]:
    int8 = of_corpus["int8"]
    return {
        "clips": int8["clips"],
        "uar_int8": round(int8["uar"], 4),
        "uar_int8_95_percent_interval": [round(x, 4) for x in int8["interval"]],
        "uar_float": round(of_corpus["float"]["uar"], 4),
        "accuracy_int8": round(int8["accuracy"], 4),
        "recalls_int8": {label: round(x, 3) for label, x in int8["recalls"].items()},
        "float_int8_agreement": of_corpus["agreement"],
        "expected_calibration_error": round(of_corpus["expected_calibration_error"], 4),
    }


def table(figures: dict[str, Any]) -> str:
    """Return the figures as a table for people."""
    lines = ["corpus   clips  UAR float  UAR int8 (95 % interval)  accuracy  agreement  ECE"]
    for corpus in ("crema-d", "emodb"):
        row, int8 = figures[corpus], figures[corpus]["int8"]
        low, high = int8["interval"]
        lines.append(
            f"{corpus:<8} {int8['clips']:5d}  {row['float']['uar']:9.1%}  {int8['uar']:8.1%} ({low:.1%} to {high:.1%})"
            f"  {int8['accuracy']:8.1%}  {row['agreement']:9.1%}  {row['expected_calibration_error']:.3f}"
        )
    whole = figures["gate and model"]
    lines.append(
        f"whole path: {whole['emotions_an_hour_of_noise']:g} emotions an hour of noise, "
        f"{whole['speech_missed']:.1%} of the speech clips missed"
    )
    return "\n".join(lines)
