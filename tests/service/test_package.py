"""Where the package comes from, and the virtual environment made from it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting, StepFailed
from edge_ser.service import install, package
from edge_ser.service.package import PackageSource
from tests.service.staged import PYTHON, environment


def test_fingerprint_covers_the_installed_files(checkout: Path) -> None:
    first = package.fingerprint(checkout)
    (checkout / "README.md").write_text("else")
    (checkout / "edge_ser" / "__pycache__").mkdir()
    (checkout / "edge_ser" / "__pycache__" / "a.pyc").write_text("else")
    assert package.fingerprint(checkout) == first
    (checkout / "edge_ser" / "a.py").rename(checkout / "edge_ser" / "b.py")
    second = package.fingerprint(checkout)
    (checkout / "edge_ser" / "b.py").write_text("2")
    assert len({first, second, package.fingerprint(checkout)}) == 3


def test_source_is_a_checkout_a_wheel_or_a_requirement(checkout: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "edge_ser-1-py3-none-any.whl"
    zipfile.ZipFile(wheel, "w").close()
    for wanted in (str(checkout), str(wheel), "edge-ser==0.1.0"):
        source = package.find_source(wanted, tmp_path / "none")
        assert source is not None
        assert source.requirement == wanted


def test_drop_in_adds_the_library_it_needs(checkout: Path) -> None:
    plain = PackageSource(str(checkout), "f")
    assert package.with_extras(plain, []) == plain
    assert package.with_extras(plain, ["mqtt", "metrics", "mqtt"]) == PackageSource(
        f"{checkout}[metrics,mqtt]", "f metrics,mqtt"
    )
    for requirement in ("edge-ser==0.2", "edge-ser @ https://example.org/x.whl"):
        with_mqtt = package.with_extras(PackageSource(requirement, "f"), ["mqtt"]).requirement
        assert with_mqtt == requirement.replace("edge-ser", "edge-ser[mqtt]", 1)
    assert set(install.EXTRAS) <= set(install.drop_in_names())


@pytest.mark.parametrize("wanted", ["", "edge-ser", "./missing.whl", "/etc/hostname", "/"])
def test_other_sources_are_refused(wanted: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="--from"):
        package.find_source(wanted, tmp_path / "none")


def test_record_of_pip_is_followed(checkout: Path) -> None:
    assert package._of_record(None).requirement.startswith("edge-ser==")
    assert package._of_record({"url": f"file://{checkout}", "dir_info": {}}).requirement == str(checkout)
    git = {"url": "https://example.org/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    assert package._of_record(git).requirement == "edge-ser @ git+https://example.org/x@abc"
    with pytest.raises(InvalidSetting, match="is gone"):
        package._of_record({"url": "file:///nonexistent/edge%20ser.whl"})


def test_environment_is_current_only_if_finished_and_equal(tmp_path: Path) -> None:
    source = PackageSource("x", "f")
    assert not package.is_current(tmp_path, source, PYTHON)
    environment(tmp_path, "f")
    assert package.is_current(tmp_path, source, PYTHON)
    assert not package.is_current(tmp_path, PackageSource("x", "g"), PYTHON)
    assert not package.is_current(tmp_path, source, replace(PYTHON, version=(3, 13)))
    for damage in ("{", "[]", ""):
        (tmp_path / "edge-ser-installed.json").write_text(damage)
        assert not package.is_current(tmp_path, source, PYTHON)


@pytest.mark.parametrize("fails", ["venv", "pip", "import pyaudio"])
def test_failure_leaves_the_old_environment_alone(tmp_path: Path, fails: str) -> None:
    venv = tmp_path / "opt/edge-ser"
    environment(venv, "old")
    fake = tmp_path / "python"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *"{fails}"*) echo "no luck"; exit 1 ;; esac\n'
        f'[ "$3" != venv ] || {{ mkdir -p "$4/bin"; cp "{fake}" "$4/bin/python"; touch "$4/bin/edge-ser"; }}\n'
    )
    fake.chmod(0o755)
    with pytest.raises(StepFailed, match="no luck"):
        package.make(venv, PackageSource("x", "new"), replace(PYTHON, executable=fake))
    assert package.read_stamp(venv)["fingerprint"] == "old"
    assert list(venv.parent.iterdir()) == [venv]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("src/x.c:9:10: fatal error: portaudio.h: No such file\nerror: command 'gcc' failed\n", "apt install gcc"),
        ("x\nerror: command 'gcc' failed: No such file or directory\nERROR: Failed building wheel", "portaudio19-dev"),
        ("error: [Errno 2] No such file: 'cc'\nERROR: Could not build wheels for pyaudio, which", "python3-dev"),
        ("WARNING: ... Temporary failure in name resolution\nERROR: No matching distribution", "is the network up?"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device\n", "disk is full"),
        ("Collecting x\nERROR: No matching distribution found for x\nhint\n", "No matching distribution found for x"),
        ("", "it printed nothing"),
    ],
)
def test_output_of_pip_becomes_one_line_with_advice(output: str, words: str) -> None:
    assert words in package.explain_pip(output)


@given(st.text())
def test_any_output_of_pip_becomes_one_short_line(output: str) -> None:
    assert len(package.explain_pip(output).splitlines()) == 1
    assert len(package.explain_pip(output)) < 500
