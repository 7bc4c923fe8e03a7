"""Checks of Python and of numpy."""

from __future__ import annotations

import pytest

from edge_ser.doctor import python
from edge_ser.doctor.result import State


def test_this_python_passes() -> None:
    assert python.check_version().state is State.OK
    assert python.check_numpy().state in (State.OK, State.WARNING)


@pytest.mark.parametrize(
    ("number", "is_64_bit", "state"),
    [((3, 10, 0), True, State.OK), ((3, 9, 2), True, State.FAILED), ((3, 11, 2), False, State.FAILED)],
)
def test_versions_of_python(number: tuple[int, int, int], is_64_bit: bool, state: State) -> None:
    finding = python.rate_version(number, is_64_bit)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)
    assert ("64-bit" if is_64_bit else "32-bit") in finding.found


@pytest.mark.parametrize(
    ("versions", "state"),
    [
        (("1.26.4", "2.14.0", None), State.OK),
        (("2.2.0", None, "2.1.0"), State.OK),
        (("2.2.0", "2.14.0", None), State.FAILED),
        (("2.2.0", "2.14.0", "2.1.0"), State.WARNING),
        ((None, "2.14.0", None), State.FAILED),
    ],
)
def test_numpy_must_fit_the_interpreter(versions: tuple[str | None, str | None, str | None], state: State) -> None:
    finding = python.rate_numpy(*versions)
    assert finding.state is state
    assert (finding.fix is None) == (state is State.OK)
    if finding.fix:
        assert finding.fix.endswith("-m pip install 'numpy<2'")
