"""Hooks: the program runs for each final label and status; if it hangs, fails or vanishes, nothing else suffers."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting
from edge_ser.settings import ListenSettings
from edge_ser.sinks import command
from edge_ser.sinks.command import CommandSink
from tests.cli.command import assert_refused, run, start
from tests.sinks.events import label, status
from tests.sinks.hooks import is_alive, script, wait_for

SETTINGS = ListenSettings()


def test_each_final_label_and_status_runs_the_program(tmp_path: Path) -> None:
    hook = script(tmp_path, f'echo "$#:$1" >> "{tmp_path}/arguments"; cat >> "{tmp_path}/events"')
    uri = f"exec:{hook} 'a b; $HOME'"
    command.check(uri)
    with command.make(uri, SETTINGS, dict) as sink:
        for event in (status("listening"), label("anger", final=False), label("anger"), status("stopped")):
            sink.publish(event)
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [event.get("status") or event["label"] for event in events] == ["listening", "anger", "stopped"]
    assert (tmp_path / "arguments").read_text() == "1:a b; $HOME\n" * 3  # no shell has expanded it


def test_a_slow_program_is_killed_with_its_children(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hook = script(tmp_path, f'sleep 60 & echo $! $$ > "{tmp_path}/pids"; wait')
    with CommandSink([str(hook)], longest=0.5) as sink:
        sink.publish(label("anger"))
        wait_for(lambda: sink.dropped == 1)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    wait_for(lambda: not any(map(is_alive, pids)))
    assert "exec:hook: took longer than 0.5 s and was killed" in capfd.readouterr().err


def test_failures_are_reported_once_in_a_row(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hook = script(tmp_path, f"grep -q '\"label\": \"anger\"' && exit 3; touch '{tmp_path}/went-well'")
    with CommandSink([str(hook), "--password", "secret"]) as sink:
        for event in (label("anger"), label("fear", final=False), label("anger"), label("fear"), label("anger")):
            sink.publish(event)
        wait_for(lambda: sink.dropped == 3)
    stderr = capfd.readouterr().err
    assert stderr.count("exec:hook: failed with exit status 3") == 2
    assert (tmp_path / "went-well").exists()
    assert "secret" not in stderr


def test_much_output_and_unread_input_are_harmless(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    flood = script(tmp_path, "exec </dev/null; head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2")
    with CommandSink([str(flood)]) as sink:
        for _ in range(3):
            sink.publish(label("fear"))
    assert sink.dropped == 0
    assert capfd.readouterr() == ("", "")


def test_a_program_that_vanishes_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hook = script(tmp_path, "exit 0")
    sink = command.make(f"exec:{hook}", SETTINGS, dict)
    hook.unlink()
    with sink:
        sink.publish(label("fear"))
    assert "exec:hook: cannot be run: No such file or directory" in capfd.readouterr().err


@pytest.mark.parametrize("uri", ["exec:", "exec:  ", "exec:a 'b", "exec:a \\"])
def test_an_invalid_command_is_refused_with_an_example(uri: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        command.check(uri)
    assert repr(uri) in str(caught.value)
    assert "exec:/usr/local/bin/on-label" in str(caught.value)


@given(st.text())
def test_any_text_is_a_command_or_an_error(text: str) -> None:
    try:
        command.check(f"exec:{text}")
    except InvalidSetting as error:
        assert repr(f"exec:{text}") in str(error)


def test_a_missing_program_is_an_error_at_the_start(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("not executable")
    for program in ("there-is-no-such-program", str(plain)):
        done = run("listen", "--input", "demo", "--publish", f"exec:{program} --x")
        assert_refused(done, InvalidSetting, f"there is no executable program {program!r}")
        assert done.stdout == ""


def test_listen_runs_the_hook_and_leaves_no_process(tmp_path: Path) -> None:
    hook = script(tmp_path, f'echo $$ >> "{tmp_path}/pids"; sleep 60')
    began = time.monotonic()
    done = run("listen", "--input", "demo", "--publish", f"exec:{hook}")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 5  # all labels, although the first run of the hook had not ended
    assert "exec:hook: 6 events were dropped in all" in done.stderr
    assert time.monotonic() - began < 20
    (pid,) = map(int, (tmp_path / "pids").read_text().split())
    wait_for(lambda: not is_alive(pid))


def test_ctrl_c_ends_the_hook(tmp_path: Path) -> None:
    hook = script(tmp_path, f'echo $$ >> "{tmp_path}/pids.new"; mv "{tmp_path}/pids.new" "{tmp_path}/pids"; sleep 60')
    arguments = ("listen", "--input", "demo", "--realtime", "--publish", f"exec:{hook}")
    with start(*arguments) as process:
        wait_for((tmp_path / "pids").exists)
        os.kill(process.pid, 2)
        assert process.wait(timeout=10) == 130
    (pid,) = map(int, (tmp_path / "pids").read_text().split())
    wait_for(lambda: not is_alive(pid))
