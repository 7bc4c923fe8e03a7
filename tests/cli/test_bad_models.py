"""Model files that cannot be used: one clear line each, and an exit status."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from edge_ser import errors
from edge_ser.paths import default_model
from tests.cli.command import (
    DEMO,
    assert_refused,
    run,
    without_privileges,
)


def with_description(network: bytes, description: dict[str, object]) -> bytes:
    out = io.BytesIO(network)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("edge-ser.json", json.dumps(description))
    return out.getvalue()


def with_other_zip(network: bytes) -> bytes:
    out = io.BytesIO(network)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("labels.txt", "yes\nno\n")
    return out.getvalue()


def flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


def bad_model(kind: str) -> bytes | None:
    content = default_model().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        network = content[: min(entry.header_offset for entry in archive.infolist())]
        description = json.loads(archive.read("edge-ser.json"))
    newer = description | {"front_end": description["front_end"] | {"version": 999}}
    other = description | {"labels": ["yes", "no"], "network_sha256": hashlib.sha256(network).hexdigest()}
    return {
        "missing": None,
        "empty": b"",
        "garbage": np.random.default_rng(1).bytes(5_000),
        "truncated": content[:-100],
        "truncated-archive": content[: len(network) + 60],
        "flipped-in-network": flip(content, len(network) // 2),
        "flipped-in-description": flip(content, len(network) + 70),
        "no-archive": network,
        "other-archive": with_other_zip(network),
        "description-is-a-list": with_description(network, [description]),  # type: ignore[arg-type]
        "other-labels": with_description(network, other),
        "newer-front-end": with_description(network, newer),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("missing", errors.ModelCorrupt),
        ("empty", errors.ModelForeign),
        ("garbage", errors.ModelForeign),
        ("truncated", errors.ModelCorrupt),
        ("truncated-archive", errors.ModelCorrupt),
        ("flipped-in-network", errors.ModelCorrupt),
        ("flipped-in-description", errors.ModelCorrupt),
        ("no-archive", errors.ModelForeign),
        ("other-archive", errors.ModelForeign),
        ("description-is-a-list", errors.ModelCorrupt),
        ("other-labels", errors.ModelForeign),
        ("newer-front-end", errors.FrontEndMismatch),
    ],
)
def test_bad_model(tmp_path: Path, kind: str, error: type[errors.EdgeSerError]) -> None:
    path = tmp_path / "bad.tflite"
    content = bad_model(kind)
    if content is not None:
        path.write_bytes(content)
    if kind != "other-labels":  # only the interpreter can tell
        assert_refused(run("model", path), error, str(path))
    assert_refused(run(*DEMO, "--model", path), error)


def test_unreadable_model(tmp_path: Path) -> None:
    path = tmp_path / "secret.tflite"
    shutil.copy(default_model(), path)
    path.chmod(0)
    assert_refused(run("model", path, prefix=without_privileges()), errors.ModelCorrupt, "Permission denied")
    assert_refused(run("model", tmp_path), errors.ModelCorrupt, str(tmp_path))
