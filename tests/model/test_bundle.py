"""Model files describe themselves, and damaged or foreign ones are refused with a reason."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import EdgeSerError, FrontEndMismatch, InvalidSetting, ModelCorrupt, ModelForeign
from edge_ser.events import LABELS
from edge_ser.model.bundle import read_bundle
from edge_ser.model.forms import file_of_form
from edge_ser.paths import default_model

CONTENT = default_model().read_bytes()


def altered(**changes: object) -> bytes:
    """Return the shipped model with entries of its description replaced."""
    with zipfile.ZipFile(io.BytesIO(CONTENT)) as archive:
        start = archive.infolist()[0].header_offset
        description = json.loads(archive.read("edge-ser.json"))
    for key, value in changes.items():
        if isinstance(value, dict):
            description[key].update(value)
        else:
            description[key] = value
    out = io.BytesIO(CONTENT[:start])
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("edge-ser.json", json.dumps(description))
    return out.getvalue()


def test_the_shipped_model_describes_itself() -> None:
    bundle = read_bundle()
    assert bundle.labels == LABELS
    assert len(bundle.front_end.gains) == bundle.front_end.coefficients
    for key in (
        "licence",
        "trained_on",
        "figures_on_the_test_speakers",
        "weaknesses",
        "intended_use",
        "forbidden_use",
        "test_speakers",
        "learned_from",
    ):
        assert bundle.card[key]


def test_a_bundle_survives_writing_and_reading(tmp_path: Path) -> None:
    bundle = read_bundle()
    (tmp_path / "again.tflite").write_bytes(bundle.to_bytes())
    assert read_bundle(tmp_path / "again.tflite") == bundle
    assert bundle.to_bytes() == CONTENT, "writing is reproducible"


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (b"", ModelForeign, "not a TensorFlow Lite model"),
        (b"RIFF....WAVE", ModelForeign, "not a TensorFlow Lite model"),
        (read_bundle().network, ModelForeign, "does not say what it is"),
        (CONTENT[:-40], ModelCorrupt, "cut short or damaged"),
        (CONTENT[:500] + bytes([CONTENT[500] ^ 1]) + CONTENT[501:], ModelCorrupt, "damaged"),
        (altered(front_end={"version": 999}), FrontEndMismatch, "front end version 999, installed is"),
        (altered(format=999), FrontEndMismatch, "format 999"),
        (altered(front_end={"hop": 7}), ModelCorrupt, "front_end.hop_samples = 7"),
        (altered(chunk={"frames": 0, "context": 0, "steps": 0}), ModelCorrupt, "at least one step"),
        (altered(chunk={"frames": 9}), ModelCorrupt, r"chunk.frames = 9"),
        (altered(chunk={"context": "a"}), ModelCorrupt, "whole numbers"),
        (altered(front_end={"rate": 16_001}), FrontEndMismatch, "16001 Hz"),
        (altered(front_end={"gains": []}), ModelCorrupt, "one per coefficient"),
        (altered(labels="anger"), ModelCorrupt, "labels = anger"),
        (altered(card=None), ModelCorrupt, "card"),
        (altered(decision={"temperature": "hot"}), ModelCorrupt, "damaged description"),
    ],
)
def test_damaged_and_foreign_models_are_refused(
    tmp_path: Path, content: bytes, error: type[EdgeSerError], words: str
) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(content)
    with pytest.raises(error, match=words) as raised:
        read_bundle(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("form", ["dynamic", "float"])
def test_the_other_forms_are_shipped(form: str) -> None:
    shipped, other = read_bundle(), read_bundle(file_of_form(default_model(), form))
    assert (other.labels, other.front_end, other.chunk) == (shipped.labels, shipped.front_end, shipped.chunk)
    assert other.card["form"].startswith(form)
    assert other.card["reproduce"]["weights_sha256"] == shipped.card["reproduce"]["weights_sha256"]
    assert other.card["network"]["parameters"] == shipped.card["network"]["parameters"]
    assert other.card["network"]["bytes"] == len(other.network)


@pytest.mark.parametrize("given", ["mine", "mine-float", "mine-dynamic"])
@pytest.mark.parametrize(("form", "name"), [("int8", "mine"), ("float", "mine-float"), ("dynamic", "mine-dynamic")])
def test_all_forms_are_in_one_folder(tmp_path: Path, given: str, form: str, name: str) -> None:
    path = tmp_path / f"{given}.tflite"
    with pytest.raises(InvalidSetting, match=rf"{name}\.tflite exists; make it"):
        file_of_form(path, form)
    (tmp_path / f"{name}.tflite").touch()
    assert file_of_form(path, form) == tmp_path / f"{name}.tflite"


def test_a_missing_model_is_an_error() -> None:
    with pytest.raises(ModelCorrupt, match=r"cannot read the model nowhere\.tflite: No such file"):
        read_bundle("nowhere.tflite")


@given(st.integers(8, len(CONTENT) - 1), st.integers(1, 255))
def test_any_changed_byte_of_the_network_is_noticed(position: int, change: int) -> None:
    damaged = bytearray(CONTENT)
    damaged[position] ^= change
    path = Path(f"/tmp/edge-ser-damaged-{position}.tflite")
    path.write_bytes(damaged)
    try:
        bundle = read_bundle(path)  # bytes of the zip's padding or dates may change nothing
        assert bundle.network == read_bundle().network
    except EdgeSerError:
        pass
    finally:
        path.unlink()
