"""MQTT destinations and their passwords: parsed, checked, and never shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting, NotPermitted
from edge_ser.settings import MqttSettings, OutputSettings
from edge_ser.sinks import destinations
from edge_ser.sinks.mqtt.address import Address, parse
from edge_ser.sinks.mqtt.credentials import make_tls_context, read_password
from tests.cli.command import DISCLAIMER, run, without_privileges

words = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
secrets = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=20)
addresses = st.builds(
    Address,
    scheme=st.sampled_from(["mqtt", "mqtts"]),
    host=st.one_of(words, st.just("broker.local"), st.just("192.168.1.10"), st.just("fd00::1")),
    port=st.integers(1, 65_535),
    user=st.just("a user/@:"),
    password=secrets.map(lambda text: f"secret{text}"),
    prefix=st.lists(words, min_size=1, max_size=3).map("/".join),
)


@given(addresses)
def test_a_name_parses_back_and_has_no_password(address: Address) -> None:
    host = f"[{address.host}]" if ":" in address.host else address.host
    login = f"{quote(address.user or '', safe='')}:{quote(address.password or '', safe='')}"
    read = parse(f"{address.scheme}://{login}@{host}:{address.port}/{address.prefix}")
    assert read == address
    assert "secret" not in read.name + repr(read)


@pytest.mark.parametrize(
    ("uri", "port", "user"),
    [("mqtt://host/p", 1883, None), ("mqtts://host/p", 8883, None), ("mqtt://me@host/home/p", 1883, "me")],
)
def test_optional_parts_have_defaults(uri: str, port: int, user: str | None) -> None:
    address = parse(uri)
    assert (address.port, address.user, address.password, address.name) == (port, user, None, uri)


@pytest.mark.parametrize(
    "uri",
    [
        *("mqtt:", "mqtt://", "mqtt://host", "mqtt://host/", "mqtt:host/p", "mqtt:///p", "mqtt://host:/p"),
        *("mqtt://host:0/p", "mqtt://host:65536/p", "mqtt://host:x/p", "mqtt://a..b/p", f"mqtt://{'a' * 64}/p"),
        *("mqtt://host/#", "mqtt://host/a/+/b", "mqtt://host/$SYS", "mqtt://host//p", "mqtt://host/p/", "mqtt://h/p?q"),
        *("mqtt://host/厨房", "mqtt://ho st/p", "mqtt://[fd00::1/p", "mqtt://@host/p", f"mqtt://host/{'p' * 1_000}"),
        *("mqtt://me:secret@host", "mqtt://me:secret@more@host/p", "mqtt://me:secret/x@host/p", "mqqt://me:secret@h/p"),
    ],
)
def test_an_invalid_destination_is_refused_with_an_example(uri: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        destinations.check(uri)
    assert "output.publish = 'mq" in str(caught.value)
    assert "mqtt://broker.local/edge-ser" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_duplicate_is_named_without_its_password() -> None:
    with pytest.raises(InvalidSetting, match=r"'mqtt://me:\*\*\*@host/p': is given twice"):
        OutputSettings(publish=("mqtt://me:secret@host/p", "mqtt://me:secret@host/p"))


# Passwords -----------------------------------------------------------------------------------------------------------


def test_passwords_have_an_order_of_precedence(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("credential\n")
    (tmp_path / "file").write_text(" fi le \r\n")
    both = MqttSettings(password_file=str(tmp_path / "file"))
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_password(parse("mqtt://me:own@host/p"), both, environment) == "own"
    assert read_password(parse("mqtt://me@host/p"), both, environment) == " fi le "
    assert read_password(parse("mqtt://me@host/p"), MqttSettings(), environment) == "credential"
    assert read_password(parse("mqtt://me@host/p"), MqttSettings(), {}) is None
    assert read_password(parse("mqtt://me@host/p"), MqttSettings(), {"CREDENTIALS_DIRECTORY": "/nowhere"}) is None
    assert read_password(parse("mqtt://host/p"), both, environment) is None


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"x" * 1_001, b"\xff\xfe"])
def test_an_invalid_password_file_is_named_but_not_shown(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(InvalidSetting, match=r"mqtt.password_file = '.*password': .*allowed is") as caught:
        read_password(parse("mqtt://me@host/p"), MqttSettings(password_file=str(file)))
    assert "xxx" not in str(caught.value)


def test_unusable_files_are_reported_before_listening(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    listen = ("listen", "--input", "demo", "--config", config)
    output = "output.publish = ['mqtts://me@127.0.0.1/p']\n"

    config.write_text(f"{output}mqtt.password_file = '{tmp_path}/none'\n")
    done = run(*listen)
    assert (done.returncode, done.stdout) == (InvalidSetting.exit_status, "")
    assert done.stderr.startswith(
        f"{DISCLAIMER}\nedge-ser: mqtt.password_file = '{tmp_path}/none': cannot be read: No such file"
    )

    secret = tmp_path / "password"
    secret.write_text("secret")
    secret.chmod(0)
    config.write_text(f"{output}mqtt.password_file = '{secret}'\n")
    done = run(*listen, prefix=without_privileges())
    assert (done.returncode, done.stdout) == (NotPermitted.exit_status, "")
    assert "may not be read by this user" in done.stderr

    config.write_text(f"{output}mqtt.ca_file = '{config}'\n")
    done = run(*listen)
    assert (done.returncode, done.stdout) == (InvalidSetting.exit_status, "")
    assert "it is not a certificate; allowed is a file with a certificate" in done.stderr


def test_a_missing_certificate_file_is_named() -> None:
    with pytest.raises(InvalidSetting, match=r"mqtt\.ca_file = '/none': cannot be used: No such file"):
        make_tls_context(MqttSettings(ca_file="/none"))


@pytest.mark.parametrize(
    ("key", "value"), [("password_file", "password"), ("ca_file", "ca.crt"), ("backlog", 0), ("backlog", 10_001)]
)
def test_settings_outside_their_bounds_are_named(key: str, value: str | int) -> None:
    with pytest.raises(InvalidSetting, match=f"mqtt.{key} = '?{value}'?: allowed is"):
        MqttSettings(**{key: value})  # type: ignore[arg-type]
