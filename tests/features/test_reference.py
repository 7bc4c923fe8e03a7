"""The C reference, written from SPEC.md, agrees with the package, which shows that the specification is complete."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference, compiler
from signals import signals
from tables import integers
from vectors import SETS

from edge_ser.features.front_end import FrontEnd
from edge_ser.features.log_mel import LogMel
from edge_ser.features.mfcc import Mfcc

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler: install one (apt install gcc)")


@pytest.fixture(scope="module", params=list(SETS))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Reference, str]:
    parameters = SETS[request.param]
    return Reference(Path(tmp_path_factory.mktemp("c")), parameters, integers(parameters)), request.param


def check(pair: tuple[Reference, str], samples: npt.NDArray[np.int16]) -> None:
    reference, name = pair
    log_mel, cepstra, features = reference.run(samples)
    assert np.array_equal(LogMel(SETS[name]).process(samples), log_mel)
    mfcc = Mfcc(SETS[name])
    assert np.array_equal(np.concatenate((mfcc.process(log_mel), mfcc.finish())), cepstra)
    front_end = FrontEnd(SETS[name])
    assert np.array_equal(np.concatenate((front_end.process(samples), front_end.finish())), features)


@pytest.mark.parametrize(
    ("name", "samples"), list(signals()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_golden_signals(pair: tuple[Reference, str], name: str, samples: npt.NDArray[np.int16]) -> None:
    check(pair, samples)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(0, 9_000), level=st.integers(0, 15), runs=st.integers(1, 600))
def test_any_signal(pair: tuple[Reference, str], seed: int, length: int, level: int, runs: int) -> None:
    noise = np.random.default_rng(seed).integers(-32_768, 32_768, length // runs + 1) >> level
    check(pair, np.repeat(noise, runs)[:length].astype(np.int16))


def test_real_recordings(pair: tuple[Reference, str], speech: list[npt.NDArray[np.int16]]) -> None:
    for samples in speech:
        check(pair, samples)
        check(pair, samples >> 7)
