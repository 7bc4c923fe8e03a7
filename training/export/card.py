"""The model card that travels in the model file: what it learned from, how good it is, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from training.corpora import CORPORA

_LANGUAGES: Final = {
    "de": "German", "en": "English", "it": "Italian", "pl": "Polish", "ur": "Urdu", "zh": "Chinese",
}  # fmt: skip

_INTENDED: Final = [
    "Trends over many utterances of people who know of it: home automation, toys, robots, research.",
    "On a device of the people themselves, where no voice leaves it.",
]

_FORBIDDEN: Final = [
    "Decisions about people: single labels are often wrong.",
    "Inferring emotions at work or in education, which the EU AI Act forbids (Article 5(1)(f)).",
    "Listening to people who do not know of it.",
]

_LIMITS: Final = {
    "acted": "It learned from acted speech; spontaneous speech is heard worse.",
    "crema-d": "Voice alone, people themselves name the intended emotion of a CREMA-D clip about 40 % of the time.",
}


def write(
    settings: Mapping[str, Any],
    record: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    quantization: Mapping[str, Any],
    elsewhere: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the card as it stands in the model file.

    Args:
        settings: Of the run.
        record: What the run is made of.
        evaluation: Its figures.
        quantization: Of its one fold: size, operators, agreement.
        elsewhere: Evaluations on other corpora, or by other protocols: of the finished model, or of other runs.
    """
    ((fold, speakers),) = record["speakers"].items()
    learned = [*settings["data"]["corpora"], *settings["data"]["learn_from"]]
    if settings["protocol"]["name"] == "cross":
        learned = list(settings["data"]["learn_from"])
    noise = settings["data"]["noise"]
    return {
        "name": settings["network"]["family"].upper().replace("_", "-"),
        "licence": _licence([*learned, *([noise] if noise else [])]),
        "trained_on": [
            *(_source(name, _count(speakers["train"], name)) for name in learned),
            *([f"{_facts(noise)}; {record['data']['noises']} recordings, a part of them"] if noise else []),
        ],
        "protocol": f"{evaluation['protocol']}; speakers: "
        + ", ".join(f"{len(names)} {part}" for part, names in speakers.items()),
        "figures_on_the_test_speakers": {
            name: _figures(part)
            for name, part in (evaluation.get("per_corpus") or {"all": evaluation["overall"]}).items()
        },
        "women_and_men": _sexes(evaluation),
        "whole_path": evaluation.get("whole_path", "not measured"),
        "figures_elsewhere": {f"{_elsewhere(e)}, {len(e['labels'])} classes": _figures(e["overall"]) for e in elsewhere}
        or "not measured",
        "network": {key: quantization[key] for key in ("parameters", "multiply_adds_a_second")}
        | {key: quantization["variants"]["int8"][key] for key in ("bytes", "operators")},
        "weaknesses": _weaknesses(evaluation, elsewhere, learned),
        "intended_use": _INTENDED,
        "forbidden_use": _FORBIDDEN,
        "test_speakers": speakers["test"],
        "learned_from": sorted({*speakers["train"], *speakers["validation"]}),
        "reproduce": {
            "settings": dict(settings),
            "data_fingerprint": record["data"]["fingerprint"],
            "weights_sha256": evaluation["folds"][fold]["weights_sha256"],
            "git_revision": record["git_revision"],
            "versions": record["versions"],
        },
    }


def _count(speakers: Sequence[str], corpus: str) -> int:
    return sum(speaker.split("/")[0] == corpus for speaker in speakers)


def _facts(name: str) -> str:
    corpus = CORPORA.get(name)
    return f"{corpus.title} ({corpus.citation}); {corpus.licence}" if corpus else f"{name}, a corpus of its owner"


def _source(name: str, speakers: int) -> str:
    corpus = CORPORA.get(name)
    languages = [_LANGUAGES.get(code, code) for code in corpus.languages] if corpus else []
    return "; ".join([_facts(name), *([" and ".join(languages)] if languages else []), f"{speakers} of its speakers"])


def _licence(names: Sequence[str]) -> str:
    foreign = [name for name in names if name not in CORPORA or not CORPORA[name].ships]
    if foreign:
        return f"only for what the licences of {', '.join(foreign)} allow; these weights may not ship with a product"
    return "Apache-2.0; databases that it learned from have licences of their own, named below"


def _figures(part: Mapping[str, Any]) -> dict[str, Any]:
    kind = "int8" if "int8" in part else "float"
    scores = part[kind]
    facts = {"clips": scores["clips"], "speakers": scores["speakers"], f"uar_{kind}": scores["uar"]}
    facts[f"uar_{kind}_95_percent_interval"] = scores["uar_interval"]
    if "int8_drop" in part:
        facts |= {"uar_float": part["float"]["uar"], "float_int8_agreement": part["agreement"]}
    facts |= {"accuracy": scores["accuracy"], "macro_f1": scores["macro_f1"], "recalls": scores["recalls"]}
    return facts | {
        "expected_calibration_error": scores["ece"],
        "accuracy_of_the_surest_half": scores["surest_half_accuracy"],
    }


def _elsewhere(evaluation: Mapping[str, Any]) -> str:
    corpora, learned = ", ".join(evaluation["corpora"]), ", ".join(evaluation.get("learn_from", ()))
    if "protocol" not in evaluation:  # of this very model; a run's are others
        return corpora
    if evaluation["protocol"] == "cross":
        return f"{corpora}, by a network of this kind that learned from {learned} alone"
    return f"{corpora}, {evaluation['protocol']}, by networks of this kind" + (f", with {learned}" if learned else "")


def _sexes(evaluation: Mapping[str, Any]) -> Any:
    by_sex = evaluation.get("per_sex", {})
    if "difference_of_uar" not in by_sex:
        return "not measured"
    return {f"uar_int8_{sex}": by_sex[sex]["int8"]["uar"] for sex in ("female", "male")} | {
        "difference": by_sex["difference_of_uar"]["int8"],
        "difference_95_percent_interval": by_sex["difference_of_uar"]["int8_interval"],
    }


def _weaknesses(
    evaluation: Mapping[str, Any], elsewhere: Sequence[Mapping[str, Any]], learned: Sequence[str]
) -> list[str]:
    lines = [_LIMITS["acted"]]
    for name, part in (evaluation.get("per_corpus") or {"the test speakers": evaluation["overall"]}).items():
        recalls = part["int8"]["recalls"]
        weakest = min(recalls, key=recalls.__getitem__)
        lines.append(f"On {name} it hears {weakest} worst: {recalls[weakest]:.0%} of the clips.")
    for other in elsewhere:
        scores = other["overall"].get("int8") or other["overall"]["float"]
        chance = 1 / len(other["labels"])
        lines.append(f"On {_elsewhere(other)}, the UAR is {scores['uar']:.0%}, where chance is {chance:.0%}.")
    if "crema-d" in learned:
        lines.append(_LIMITS["crema-d"])
    return lines
