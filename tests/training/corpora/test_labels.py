"""Words mean labels, and `--classes` chooses among those that are available."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting
from edge_ser.events import LABELS as DEFAULT_LABELS
from training.corpora.labels import FOUR, LABELS, choose, label_of, nearest

EMODB = ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness")


@pytest.mark.parametrize(
    ("word", "label"),
    [
        *((label, label) for label in LABELS),
        (" Angry ", "anger"),
        ("HAP", "happiness"),
        ("pleasant surprise", "surprise"),
        ("Pleasant-Surprised", "surprise"),
        ("anxiety", "fear"),
        ("rage!", None),
        ("", None),
    ],
)
def test_words_mean_labels_in_any_case(word: str, label: str | None) -> None:
    assert label_of(word) == label


def test_the_nearest_word_is_found() -> None:
    assert nearest("hapiness") == "happiness"
    assert nearest(" ANGR ") == "angry"
    assert nearest("xyz") is None


def test_labels_of_the_default_model_come_first() -> None:
    assert LABELS[: len(DEFAULT_LABELS)] == DEFAULT_LABELS
    assert len(set(LABELS)) == len(LABELS)


@given(st.lists(st.sampled_from(LABELS), min_size=2, unique=True), st.data())
def test_chosen_labels_are_available_and_in_output_order(present: list[str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(present), min_size=2, unique=True))
    for classes, expected in (("all", present), (str(len(present)), None), (",".join(some), some)):
        try:
            chosen = choose(classes, present)
        except InvalidSetting:
            assert expected is None
            continue
        assert list(chosen) == [label for label in LABELS if label in chosen]
        assert set(chosen) <= set(present)
        assert expected is None or set(chosen) == set(expected)
        assert expected or len(chosen) == int(classes)


@pytest.mark.parametrize(
    ("classes", "present", "chosen"),
    [
        ("4", EMODB, FOUR),
        ("6", EMODB, DEFAULT_LABELS),
        ("7", EMODB, (*DEFAULT_LABELS, "boredom")),
        ("all", EMODB, (*DEFAULT_LABELS, "boredom")),
        ("5", ("calm", *FOUR), (*FOUR, "calm")),
        ("2", ("sadness", "anger"), ("anger", "sadness")),
        (" Bored , angry,ANG", EMODB, ("anger", "boredom")),
    ],
)
def test_classes_are_a_number_or_names(classes: str, present: tuple[str, ...], chosen: tuple[str, ...]) -> None:
    assert choose(classes, present) == chosen


@pytest.mark.parametrize(
    ("classes", "present", "message"),
    [
        ("anger,hapiness", EMODB, "unknown label 'hapiness'; did you mean happiness?"),
        ("anger,qqq", EMODB, "unknown label 'qqq'; known labels: anger, disgust, "),
        ("", EMODB, "unknown label ''"),
        ("²", EMODB, "unknown label '²'"),
        ("anger", EMODB, "classes = anger: at least two labels are needed"),
        ("anger,angry", EMODB, "classes = anger,angry: at least two labels are needed"),
        (
            "5",
            EMODB,
            "classes = 5: 7 labels are available (anger, disgust, fear, happiness, neutral, sadness, boredom); use",
        ),
        ("6", FOUR, "classes = 6: 4 labels are available (anger, happiness, neutral, sadness); use"),
        ("anger,calm", EMODB, "classes = anger,calm: calm is not available; available: anger, disgust, "),
        ("all", ("anger",), "classes = all: at least two labels are needed; available: anger"),
        ("all", (), "classes = all: at least two labels are needed; available: none"),
        ("1", ("anger",), "classes = 1: at least two labels are needed"),
    ],
)
def test_invalid_classes_are_refused(classes: str, present: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        choose(classes, present)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
