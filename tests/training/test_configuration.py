"""Settings come back from their file unchanged, and errors in a file are named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting
from training.configuration import (
    differences,
    keys,
    parse_assignment,
    read,
    resolve,
    short_hash,
    to_toml,
    with_options,
)
from training.settings import (
    IMBALANCES,
    PROTOCOLS,
    SELECTIONS,
    AugmentSettings,
    DataSettings,
    NetworkSettings,
    ProtocolSettings,
    RunSettings,
    TeacherSettings,
    TrainingSettings,
)

SHARES = st.floats(0, 1)
NAMES = st.lists(st.text().filter(str.isprintable), max_size=3, unique=True).map(tuple)


@st.composite
def runs(draw: st.DrawFn) -> RunSettings:
    """Draw allowed settings."""
    corpora = draw(NAMES.filter(bool))
    learn_from = tuple(name for name in draw(NAMES) if name not in corpora)
    return RunSettings(
        seed=draw(st.integers(0, 2**31)),
        data=DataSettings(corpora, learn_from, draw(st.sampled_from(["all", "4", 'a"\\b', "Fröhlich 😀"]))),
        protocol=ProtocolSettings(
            draw(st.sampled_from(PROTOCOLS if learn_from else PROTOCOLS[:3])),
            draw(st.integers(2, 100)),
            draw(st.floats(0.01, 0.9)),
            draw(st.floats(0.01, 0.5)),
            draw(st.integers(-(2**62), 2**62)),
        ),
        network=NetworkSettings("svm", draw(st.integers(4, 1024)), 4, draw(st.floats(0, 0.9))),
        augment=AugmentSettings(draw(st.integers(0, 50)), *draw(st.tuples(*[SHARES] * 7))),
        training=TrainingSettings(
            rate=draw(st.floats(1e-6, 1)),
            decay=draw(SHARES),
            imbalance=draw(st.sampled_from(IMBALANCES)),
            select=draw(st.sampled_from(SELECTIONS)),
        ),
        teacher=TeacherSettings(draw(st.integers(0, 20)), temperature=draw(st.floats(0.5, 20))),
    )


# Writing and reading -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("configuration") / "settings.toml"


@given(runs())
def test_resolved_settings_come_back_from_their_file(file: Path, settings: RunSettings) -> None:
    file.write_bytes(to_toml(settings).encode())
    back = resolve(read(file))
    assert back == settings
    assert differences(settings, back) == []
    assert short_hash(back) == short_hash(settings)


def test_every_key_is_in_the_file() -> None:
    table, names = "", []
    for line in filter(None, to_toml(RunSettings()).splitlines()):
        if line.startswith("["):
            table = f"{line[1:-1]}."
        else:
            names.append(table + line.split(" = ")[0])
    assert names == keys()
    assert len(names) > 40


def test_missing_keys_have_their_defaults() -> None:
    assert resolve({}) == RunSettings()
    assert resolve({"training": {"rate": 1}}) == replace(RunSettings(), training=TrainingSettings(rate=1.0))
    assert isinstance(resolve({"training": {"rate": 1}}).training.rate, float)


@pytest.mark.parametrize("key", keys())
def test_each_setting_makes_a_difference(key: str) -> None:
    settings = RunSettings()
    table, _, name = key.rpartition(".")
    holder: Any = getattr(settings, table) if table else settings
    value = getattr(holder, name)
    others: dict[str, Any] = {"protocol.name": "loso", "training.imbalance": "none", "training.select": "last"}
    other = others.get(key, (*value, "x") if isinstance(value, tuple) else f"{value}x")
    if isinstance(value, int | float):
        other = value / 2 if isinstance(value, float) and value else value + 1
    changed = replace(holder, **{name: other})
    changed = replace(settings, **{table: changed}) if table else changed
    listed = lambda v: json.dumps(list(v) if isinstance(v, tuple) else v)  # noqa: E731
    assert differences(settings, changed) == [f"{key}: {listed(value)}, now {listed(other)}"]
    assert short_hash(changed) != short_hash(settings)


# Errors in a file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[training]\nepoch = 3", "there is no key 'training.epoch'; did you mean 'training.epochs'?"),
        ("[network]\nepochs = 3", "there is no key 'network.epochs'; did you mean 'training.epochs'?"),
        ("[training]\nunits = 3", "there is no key 'training.units'; did you mean 'network.units'?"),
        ("[training]\nseed = 3", "there is no key 'training.seed'; did you mean 'seed'?"),
        ("[traning]\nepochs = 3", "there is no key 'traning'; did you mean 'training'?"),
        ("[data]\ncorpus = []", "there is no key 'data.corpus'; did you mean 'data.corpora'?"),
        ("family = 'svm'", "there is no key 'family'; did you mean 'network.family'?"),
        (
            "nonsense = 1",
            "there is no key 'nonsense'; there are seed, data, protocol, network, augment, training, teacher",
        ),
        ("[network]\nzzz = 1", "there is no key 'network.zzz'; there are network.family, network.channels, "),
        ("training = 3", "training = 3: allowed is a table, [training]"),
        ("[training]\nepochs = 3.5", "training.epochs = 3.5: allowed is a whole number"),
        ("[training]\nepochs = true", "training.epochs = true: allowed is a whole number"),
        ("[training]\nepochs = '3'", "training.epochs = '3': allowed is a whole number"),
        ("[training]\nrate = 'high'", "training.rate = 'high': allowed is a number"),
        ("[data]\nclasses = 4", "data.classes = 4: allowed is a text in quotes"),
        ("[data]\ncorpora = 'emodb'", "data.corpora = 'emodb': allowed is a list of texts"),
        ("[data]\ncorpora = ['emodb', 3]", "data.corpora = ['emodb', 3]: allowed is a list of texts"),
        (
            '[data]\ncorpora = ["emo\\u0000db"]',
            "data.corpora = 'emo\\x00db': allowed are characters that can be printed",
        ),
        ("[data]\ncorpora = []", "data.corpora = []: allowed is one corpus or more"),
        ("[data]\nlearn_from = ['emodb']", "data.learn_from = ['emodb']: is in data.corpora too; name it once"),
        ("[training]\nepochs = 0", "training.epochs = 0: allowed is 1 to 10000"),
        ("[training]\nrate = nan", "training.rate = nan: allowed is 1e-06 to 1"),
        ("[training]\nbatch = 1", "training.batch = 1: allowed is 2 to 4096 utterances"),
        ("[training]\nimbalance = 'weights'", "training.imbalance = weights: allowed are none, class-weights, "),
        ("[protocol]\nname = 'cross'", "data.learn_from = []: the protocol `cross` needs a corpus to train on"),
        ("[augment]\nnoise = 1.5", "augment.noise = 1.5: allowed is 0 to 1"),
        ("seed = -1", "seed = -1: allowed is 0 to 2.14748e+09"),
    ],
)
def test_the_key_and_what_is_allowed_are_named(tmp_path: Path, toml: str, message: str) -> None:
    path = tmp_path / "run.toml"
    path.write_text(toml)
    with pytest.raises(InvalidSetting) as error:
        resolve(read(path), str(path))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"[training\nepochs = 3", b"epochs: 3", b"seed = 1\nseed = 2", b"\xff\xfe\x00"])
def test_invalid_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(InvalidSetting, match=r"run\.toml is not valid TOML"):
        read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"cannot read .*/none\.toml: No such file"):
        read(tmp_path / "none.toml")
    with pytest.raises(InvalidSetting, match=r"cannot read .*: Is a directory"):
        read(tmp_path)


# The command line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("training.mixup=0.2", ("training.mixup", 0.2)),
        ("training.epochs = 20", ("training.epochs", 20)),
        ("training.select=last", ("training.select", "last")),
        ('data.classes="4"', ("data.classes", "4")),
        ('data.corpora=["emodb", "savee"]', ("data.corpora", ["emodb", "savee"])),
        ("data.noise=", ("data.noise", "")),
    ],
)
def test_an_assignment_is_read_as_toml_or_else_as_a_string(text: str, parsed: tuple[str, Any]) -> None:
    assert parse_assignment(text) == parsed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.epochs", "--set training.epochs: allowed is TABLE.KEY=VALUE"),
        ("training.epoch=3", "there is no key 'training.epoch'; did you mean 'training.epochs'?"),
        ("network.epochs=3", "there is no key 'network.epochs'; did you mean 'training.epochs'?"),
        ("protcol.seed=3", "there is no key 'protcol.seed'; did you mean 'protocol.seed'?"),
        ("sed=3", "there is no key 'sed'; did you mean 'seed'?"),
    ],
)
def test_a_wrong_assignment_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidSetting) as error:
        parse_assignment(text)
    assert message in str(error.value)


def test_options_override_the_file_without_changing_it() -> None:
    values = {"seed": 3, "training": {"epochs": 5, "batch": 8}}
    laid = with_options(values, {"training.epochs": 7, "training.rate": None, "data.classes": "4", "seed": 0})
    assert laid == {"seed": 0, "training": {"epochs": 7, "batch": 8}, "data": {"classes": "4"}}
    assert values == {"seed": 3, "training": {"epochs": 5, "batch": 8}}
    with pytest.raises(InvalidSetting, match="training = 3: allowed is a table"):
        resolve(with_options({"training": 3}, {"training.epochs": 1}))
