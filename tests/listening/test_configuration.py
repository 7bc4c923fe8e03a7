"""The configuration file: it has every option of `listen`, it reads back unchanged, and errors are named."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.cli.listen import command
from edge_ser.errors import InvalidSetting
from edge_ser.listening.configuration import example, read_settings
from edge_ser.settings import ListenSettings, toml
from edge_ser.settings.toml import keys

KEYS = keys(ListenSettings)
OPTION_OF = {  # options whose names differ from their keys
    "device": "microphone.device",
    "wait": "microphone.wait",
    "input_": "input.file",
    "rate": "input.rate",
    "channels": "input.channels",
    "realtime": "input.realtime",
    "duration": "input.duration",
    "model_path": "model.file",
    "interpreter": "model.interpreter",
    "format_": "output.format",
    "publish": "output.publish",
}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_every_option_of_listen_is_a_key() -> None:
    assert {parameter.name for parameter in command.params} - {"config", "help"} == set(OPTION_OF)
    assert set(OPTION_OF.values()) <= set(KEYS)


# The example ---------------------------------------------------------------------------------------------------------


def uncommented(text: str) -> str:
    """Return the example with every key uncommented."""
    return re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)


def test_the_example_changes_only_wait_and_publish(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, example()))
    assert settings.microphone.wait
    assert settings.output.publish == ("unix:/run/edge-ser/events.sock",)
    default = toml.dump(ListenSettings()).splitlines()
    assert sum(line not in default for line in toml.dump(settings).splitlines()) == 2


def test_the_example_shows_every_key_with_its_default(tmp_path: Path) -> None:
    shown = toml.read(written(tmp_path, uncommented(example())))
    assert {f"{table}.{key}" for table, of in shown.items() for key in of} == set(KEYS)
    default = ListenSettings()
    samples = {"input.file", "input.duration", "model.interpreter", "model.file", "microphone.device"}
    samples |= {"microphone.wait", "output.publish", "privacy.quiet_hours", "privacy.mute_file"}
    samples |= {"mqtt.password_file", "mqtt.ca_file"}
    for name in set(KEYS) - samples:
        table, key = name.split(".")
        assert shown[table][key] == getattr(getattr(default, table), key), name


# Reading -------------------------------------------------------------------------------------------------------------

settings = st.fixed_dictionaries(
    {},
    optional={
        "microphone": st.fixed_dictionaries(
            {},
            optional={
                "device": st.integers(0, 99) | st.text(min_size=1).filter(str.isprintable),
                "wait": st.booleans(),
                "queue_seconds": st.floats(0.5, 60),
            },
        ),
        "gate": st.fixed_dictionaries({}, optional={"aggressiveness": st.integers(0, 3), "longest": st.floats(2, 60)}),
        "output": st.fixed_dictionaries(
            {}, optional={"format": st.sampled_from(["text", "json", "none"]), "publish": st.just(["unix:/tmp/a b"])}
        ),
        "privacy": st.fixed_dictionaries({}, optional={"quiet_hours": st.just(["22:00-7:00", "12:00-13:30"])}),
    },
)


@given(settings)
def test_shown_settings_read_back_unchanged(values: dict[str, Any]) -> None:
    made = toml.make(ListenSettings, values, "file")
    again = toml.make(ListenSettings, toml.tomllib.loads(toml.dump(made)), "file")
    assert again == made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gate]\nonset = 2", "gate.onset = 2.0: allowed is 0.02 to 0.5 s"),
        ("[gate]\nonset = 'x'", "gate.onset = 'x': allowed is a number"),
        ("[gate]\nhang_ovr = 1", "there is no key 'gate.hang_ovr'; did you mean 'gate.hang_over'?"),
        ("device = 'x'", "there is no key 'device'; did you mean 'microphone.device'?"),
        ("[microphone]\ndevice = 1.5", "microphone.device = 1.5: allowed is a text in quotes or a whole number"),
        ("[microphone]\nwait = 'yes'", "microphone.wait = 'yes': allowed is true or false"),
        ("[output]\nformat = 'xml'", "output.format = xml: allowed are text, json, none"),
        ("[output]\npublish = ['tcp:1']", "output.publish = 'tcp:1': allowed is one such as unix:/tmp/edge-ser.sock"),
        ("[output]\npublish = ['unix:a', 'unix:a']", "is given twice"),
        ("[model]\ninterpreter = 'onnx'", "model.interpreter = onnx: allowed are tflite-runtime, litert"),
        ("[privacy]\nquiet_hours = ['10-12']", "privacy.quiet_hours = '10-12': allowed is HH:MM-HH:MM"),
        ("[privacy]\nquiet_hours = ['25:00-7:00']", "privacy.quiet_hours = '25:00-7:00': allowed is HH:MM-HH:MM"),
        ("[privacy]\nmute_file = 'muted'", "privacy.mute_file = 'muted': allowed is a path that begins with /"),
        ("[input]\nrealtime = true", "input.realtime = true: allowed with a recording only"),
        ("[input]\nrate = 100", "input.rate = 100: allowed is 4000 to 384000 Hz"),
        ("[input]\nduration = nan", "input.duration = nan: allowed is 0.001"),
        ("[input]\nfile = 'a'\n[microphone]\ndevice = 'b'", "allowed is one"),
        ("[gate\n", "is not valid TOML"),
        ("microphone = 3", "microphone = 3: allowed is a table, [microphone]"),
    ],
)
def test_errors_name_the_file(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InvalidSetting) as caught:
        read_settings(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="No such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(InvalidSetting, match="Is a directory"):
        read_settings(tmp_path)


# Options over the file -----------------------------------------------------------------------------------------------


def test_options_override_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[microphone]\ndevice = 'a'\nwait = true\n[output]\nformat = 'json'\n")
    read = read_settings(path, {"microphone.device": "b", "output.format": None, "output.publish": ("unix:x",)})
    assert (read.microphone.device, read.microphone.wait, read.output.format) == ("b", True, "json")
    assert read.output.publish == ("unix:x",)


def test_an_optional_input_replaces_that_of_the_file(
    tmp_path: Path,
) -> None:
    microphone = written(tmp_path, "[microphone]\ndevice = 'a'\n")
    assert read_settings(microphone, {"input.file": "x.wav"}).microphone.device is None
    recording = written(tmp_path, "[input]\nfile = 'x.wav'\nrealtime = true\n")
    assert read_settings(recording, {"microphone.device": "a"}).input.file is None


def test_all_settings_are_frozen() -> None:
    for item in fields(ListenSettings()):
        table = getattr(ListenSettings(), item.name)
        assert is_dataclass(table)
        with pytest.raises(AttributeError):
            setattr(table, fields(table)[0].name, None)
