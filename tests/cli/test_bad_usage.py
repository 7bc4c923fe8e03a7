"""Wrong usage of the command line: one line that names `--help`, and exit status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser import errors
from tests.cli.command import (
    assert_refused,
    run,
)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("listen", "--nonsense"),
        ("listen", "--rate", "1"),
        ("listen", "--duration", "0"),
        ("listen", "--duration", "nan"),
        ("listen", "--duration", "inf"),
        ("listen", "--realtime"),
        ("listen", "--device", "x", "--input", "demo"),
        ("listen", "--publish", "tcp:localhost:1"),
        ("listen", "--publish", "unix:"),
        ("classify",),
        ("model", "--format", "xml"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert_refused(run(*arguments), errors.EdgeSerError, "--help", status=2)


def test_unknown_destination_names_the_option() -> None:
    done = run("listen", "--publish", "tcp:localhost:1")
    assert_refused(done, errors.EdgeSerError, "--publish 'tcp:localhost:1': allowed is one such as unix:", status=2)
    assert "output.publish" not in done.stderr


def test_unknown_destination_in_a_file_names_file_and_key(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('[output]\npublish = ["tcp:localhost:1"]\n')
    for option in ((), ("--publish", "history:")):
        done = run("listen", "--config", file, *option)
        assert_refused(done, errors.InvalidSetting, f"{file}: output.publish = 'tcp:localhost:1'")
