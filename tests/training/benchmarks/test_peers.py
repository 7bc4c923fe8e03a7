"""The comparison with peers: Light-SERNet's network, ratios and bars, and the command on made-up speech."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import NoRecordings
from training.benchmarks import peers_report
from training.benchmarks.environment import Environment
from training.benchmarks.peers_result import Audio, Bar, PeersResult, Section
from training.benchmarks.rounds import Spread, Work, in_turns, ratio

costs = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=9)


@pytest.mark.parametrize("form", ["float", "dynamic"])
def test_light_sernet_is_what_its_paper_describes(form: str) -> None:
    from ai_edge_litert.interpreter import Interpreter

    from training.benchmarks import light_sernet

    network = light_sernet.build()
    assert network.count_params() == pytest.approx(463_000, rel=0.001)
    assert light_sernet.multiply_adds(network) == pytest.approx(159e6, rel=0.01)
    model = light_sernet.tflite(form)
    assert len(model) == pytest.approx({"float": 4, "dynamic": 1}[form] * 463_000, rel=0.05)
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()
    assert tuple(source["shape"]) == (1, 184, 40, 1)
    interpreter.set_tensor(source["index"], np.random.default_rng(0).normal(size=(1, 184, 40, 1)).astype(np.float32))
    interpreter.invoke()
    found = interpreter.get_tensor(result["index"])[0]
    assert found.shape == (7,) and found.sum() == pytest.approx(1, abs=1e-4) and np.ptp(found) > 0


@given(costs, st.floats(0.01, 100))
def test_a_ratio_is_computed_round_by_round(theirs: list[float], factor: float) -> None:
    shares = ratio([factor * cost for cost in theirs], theirs)
    assert shares.least <= shares.median <= shares.greatest
    for share in (shares.median, shares.least, shares.greatest):
        assert math.isclose(share, factor, rel_tol=1e-9)


def test_a_slow_round_of_both_sides_changes_no_ratio() -> None:
    assert ratio([1.0, 10.0, 1.0], [4.0, 40.0, 4.0]) == Spread(0.25, 0.25, 0.25)
    assert ratio([1.0, 2.0, 4.0], [4.0, 4.0, 4.0]) == Spread(0.5, 0.25, 1.0)


def test_rounds_alternate_and_the_first_does_not_count() -> None:
    order: list[str] = []
    works = [Work(name, 2.0, lambda name=name: order.append(name)) for name in "abc"]  # type: ignore[misc]
    ticks: list[None] = []
    found = in_turns(works, 2, lambda: ticks.append(None))
    assert "".join(order) == "cba" + "abc" + "cba"
    assert len(ticks) == 9
    assert {name: len(values) for name, values in found.items()} == {"a": 2, "b": 2, "c": 2}


@pytest.mark.parametrize(
    ("value", "more", "missed"), [(0.1, False, False), (0.2, False, True), (0.2, True, False), (0.1, True, True)]
)
def test_a_bar_is_missed_on_its_wrong_side(value: float, more: bool, missed: bool) -> None:
    bar = Bar("figure", value, 0.15, 0.05, more)
    assert bar.missed is missed
    written = peers_report.text(_result([bar]))
    assert ("MISSED" in written) is missed
    assert ("MISSED" in peers_report.markdown(_result([bar]))) is missed


def test_tables_show_figures_ratios_and_what_was_left_out() -> None:
    for written in (peers_report.text(_result([])), peers_report.markdown(_result([]))):
        assert "1.00 .. 1.00" in written and "1/4 .. 1/4" in written
        assert "left out: another: pip install another" in written
        assert "BUSY" in written


def _result(bars: list[Bar]) -> PeersResult:
    section = Section.of("whole", "ours", {"ours": [0.001, 0.001], "theirs": [0.004, 0.004]})
    return PeersResult(
        command="peers",
        environment=Environment("now", "abc", "one", 1, "Linux", "3", {}, load_average=9.0, busy=True, openblas={}),
        rounds=2,
        audio=Audio(seconds=1.0, clips=1, in_utterances=1.0, quiet_seconds=1.0),
        sections=(section,),
        bars=tuple(bars),
        left_out=("another: pip install another",),
    )


def _without(packages: tuple[str, ...], code: str) -> subprocess.CompletedProcess[str]:
    """Run Python where some packages are not installed."""
    code = f"import sys; sys.modules.update(dict.fromkeys({packages!r})); {code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def _peers(*arguments: str, missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    run = "import runpy; runpy.run_module('training.benchmarks.peers', run_name='__main__', alter_sys=True)"
    return _without(missing, f"sys.argv[1:] = {list(arguments)!r}; {run}")


def test_the_command_on_made_up_speech(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    folder = tmp_path / "EmoDB/wav"
    folder.mkdir(parents=True)
    swell = np.abs(np.sin(np.arange(8_000) / 600.0)) * 3_000
    for letter in "WEAFNTL":
        with wave.open(str(folder / f"03a01{letter}a.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((rng.normal(size=8_000) * swell).astype("<i2").tobytes())
    save, plot = tmp_path / "peers.json", tmp_path / "peers.png"
    options = ("--seconds", "5", "--rounds", "1", "--save", str(save), "--plot", str(plot), "--format", "markdown")
    done = _peers("--data", str(tmp_path), *options, missing=("opensmile", "cmsisdsp", "pymicro_features"))
    assert done.returncode in (0, 1), done.stderr  # 1: this machine is too slow for a bar
    assert done.stdout.startswith("# edge-ser and its peers")
    assert "left out: openSMILE" in done.stdout and "left out: cmsisdsp" in done.stdout
    assert "pip install -e '.[peers]'" in done.stdout
    result = json.loads(save.read_text())
    names = {row["name"] for section in result["sections"] for row in section["rows"]}
    assert {"edge-ser, speech", "edge-ser, nobody speaks", "edge-ser's model"} <= names
    assert sum(name.startswith("Light-SERNet, float") for name in names) >= 2
    assert all(row["cpu_ms_a_second"]["least"] > 0 for section in result["sections"] for row in section["rows"])
    assert len(result["bars"]) == 2
    assert plot.read_bytes()[:4] == b"\x89PNG"


def test_without_tensorflow_light_sernet_is_left_out() -> None:
    done = _without(("tensorflow",), "from training.benchmarks import peers; print(peers._light_sernet())")
    assert done.stdout.startswith("({}, [") and "pip install -e '.[train]'" in done.stdout


def test_without_recordings_there_is_one_line(tmp_path: Path) -> None:
    done = _peers("--data", str(tmp_path))
    assert done.returncode == NoRecordings.exit_status
    assert done.stderr.startswith("peers: no recordings of emodb") and done.stderr.count("\n") == 1
