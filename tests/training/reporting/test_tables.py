"""Tables hold every figure and fit on a page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.training.reporting.made_up_figures import ROWS, both, made_up
from training.corpora.labels import LABELS
from training.reporting import tables
from training.scoring.metrics import evaluate


def line_of(text: str, *beginning: str) -> str:
    return next(line for line in text.splitlines() if line.split()[: len(beginning)] == list(beginning))


def test_the_table_has_every_figure() -> None:
    found = both()
    text = tables.table(found)
    sets = {"overall": found.overall, **found.corpora, **found.sexes}
    assert len(sets) == 5
    for name, of_set in sets.items():
        lines = text.splitlines()
        begin = next(i for i, line in enumerate(lines) if line.startswith(f"{name} "))
        for (form, scores), line in zip(of_set.forms.items(), lines[begin : begin + 2], strict=True):
            low, high = scores.uar_interval
            assert f" {form}" in line
            assert f" {scores.clips} " in line
            assert f" {scores.speakers} " in line
            assert f"{100 * scores.uar:.1f} % ({100 * low:.1f}-{100 * high:.1f})" in line
            for figure in (scores.accuracy, scores.macro_f1):
                assert f" {100 * figure:.1f} %" in line
            assert f" {scores.ece:.3f}" in line
        assert of_set.agreement is not None
        assert lines[begin + 1].endswith(f" {100 * of_set.agreement:.1f} %")
    assert "int8: 7 clips without detected speech" in text
    assert found.per_sex is not None
    assert found.per_sex.difference_of_uar is not None
    difference, _ = found.per_sex.difference_of_uar.forms["int8"]
    assert f"{100 * difference:+.1f} points" in text
    for label in found.labels:
        assert f" {100 * found.overall.forms['int8'].recalls[label]:.1f} %" in line_of(text, label)


def test_the_confusion_matrix_is_that_of_int8_or_else_of_float() -> None:
    for given, form in ((both(), "int8"), (evaluate(made_up(), None), "float")):
        matrix = tables.table(given).split(f"clips, {form};")[1]
        for label, counts in zip(given.labels, given.overall.forms[form].confusion, strict=True):
            assert line_of("\n".join(matrix.splitlines()[2:]), label).split()[1:] == [str(count) for count in counts]


@pytest.mark.parametrize("labels", [LABELS[:2], LABELS[:6], LABELS])
def test_no_line_of_the_table_exceeds_100_columns(labels: tuple[str, ...]) -> None:
    predictions = replace(made_up(labels), corpora=("a corpus with a name much too long",) * 100 + ("b",) * 200)
    perfect = replace(predictions, logits=np.eye(len(labels))[predictions.targets])
    for given in (evaluate(predictions, perfect), evaluate(perfect, perfect), evaluate(None, predictions)):
        assert max(map(len, tables.table(given).splitlines())) <= 100


def test_a_label_that_was_never_predicted_has_no_precision() -> None:
    predictions = made_up()
    logits = np.where(np.arange(6) == 0, 1.0, np.zeros((300, 6)))
    text = tables.table(evaluate(replace(predictions, logits=logits), None))
    assert line_of(text, "fear").split()[2:] == ["0.0", "%", "-"]


def test_the_comparison_has_a_dash_for_what_is_not_known() -> None:
    for text in (tables.comparison(ROWS), tables.comparison_table(ROWS)):
        for figure in ("57.9 % (54.4-61.3)", "57.7 % (54.1-61.0)", "45,127", "1.23", "55.0", "1.83", "13 min", "12 s"):
            assert figure in text
        assert max(map(len, text.splitlines())) <= 100
    assert line_of(tables.comparison_table(ROWS), "svm").split() == ["svm", *"-------"]
    cells = {line.count("|") for line in tables.comparison(ROWS).splitlines() if line.startswith("|")}
    assert cells == {9}
