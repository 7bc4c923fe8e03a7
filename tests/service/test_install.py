"""Installing and removing the service: which steps are taken when, and what is refused before the first."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import paths
from edge_ser.errors import (
    EdgeSerError,
    InvalidSetting,
    NoRoom,
    NoSystemd,
    NotPermitted,
    NotRoot,
    StepFailed,
    UnsupportedSystem,
)
from edge_ser.listening.configuration import example, settings_of
from edge_ser.service import groups, install, package, programs, system, uninstall
from edge_ser.service.install import Options
from edge_ser.service.package import Source
from edge_ser.service.plan import SCRIPT, TITLES, Found, UnitState, Wanted, plan, wanted_by
from edge_ser.service.steps import Step, carry_out, write_file
from edge_ser.service.system import Machine, Python, Target

PYTHON = Python(Path("/usr/bin/python3"), (3, 11), 64, True)
MACHINE = Machine("aarch64", PYTHON, 252, 5_000)
WANTED = Wanted(Source("edge-ser==1", "f"), PYTHON, {paths.UNIT_FILE: "unit"}, "configuration")
RUNNING = UnitState(enabled=True, active=True)
DONE = Found(
    package_current=True,
    units={paths.UNIT_FILE: "unit"},
    has_configuration=True,
    command=SCRIPT,
    states={paths.UNIT: RUNNING},
)
WITH_DASHBOARD = replace(WANTED, units={**WANTED.units, paths.DASHBOARD_UNIT_FILE: "page"})
DONE_WITH_DASHBOARD = replace(
    DONE, units=WITH_DASHBOARD.units, states={**DONE.states, paths.DASHBOARD_UNIT: RUNNING}, has_group=True
)
START = "start the service anew"
BOOT = "start the service with the machine"
READ = "let systemd read it"
GROUP = "make the group edge-ser-readers"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes groups, also below a folder")
GROUPS = "root:x:0:\naudio:x:29:\n"
FAKE_SYSTEMCTL = """#!/bin/sh
echo "$*" >>"{log}"
case "$1" in
  --version) echo "systemd 252 (252.38)" ;;
  show) cat "{state}-$2" 2>/dev/null || echo ActiveState=inactive ;;
  enable) mkdir -p "{wants}" && ln -sf "/etc/systemd/system/$2" "{wants}/$2" ;;
  restart) [ ! -e "{broken}-$2" ] || {{ echo "Job for $2 failed." >&2; exit 1; }}
    now=$("{python}" -c 'import time; print(int((time.monotonic() + 2) * 1e6))')
    printf 'ActiveState=active\\nExecMainStartTimestampMonotonic=%s\\nNeedDaemonReload=no\\n' "$now" >"{state}-$2" ;;
esac
"""


def needed(found: Found, wanted: Wanted = WANTED, target: Target = Target()) -> list[str]:  # noqa: B008
    return [step.text.split(" into ")[0] for step in plan(target, wanted, found) if step.needed]


def states(**changes: bool) -> dict[str, UnitState]:
    return {paths.UNIT: replace(RUNNING, **changes)}


# Which steps ---------------------------------------------------------------------------------------------------------


def test_on_a_bare_system_everything_is_done_in_its_order() -> None:
    texts = needed(Found())
    assert texts[0] == "install edge-ser==1"
    assert texts[1:] == [
        "write /etc/systemd/system/edge-ser.service",
        "write /etc/edge-ser/config.toml",
        "link /usr/local/bin/edge-ser to /opt/edge-ser/bin/edge-ser",
        READ,
        BOOT,
        "start the service",
    ]


def test_where_everything_is_done_nothing_is() -> None:
    assert needed(DONE) == []
    assert needed(replace(DONE, states=states(active=False)), target=Target(Path("/image"), live=False)) == []
    assert needed(DONE_WITH_DASHBOARD, WITH_DASHBOARD) == []


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        (replace(DONE, package_current=False), ["install edge-ser==1", START]),
        (replace(DONE, units={}), ["write /etc/systemd/system/edge-ser.service", READ, START]),
        (replace(DONE, units={paths.UNIT_FILE: "old"}), ["write /etc/systemd/system/edge-ser.service", READ, START]),
        (replace(DONE, has_configuration=False), ["write /etc/edge-ser/config.toml", START]),
        (replace(DONE, command=None), ["link /usr/local/bin/edge-ser to /opt/edge-ser/bin/edge-ser"]),
        (replace(DONE, command=Path("/usr/bin/other")), []),
        (replace(DONE, states=states(enabled=False)), [BOOT]),
        (replace(DONE, states=states(active=False)), ["start the service"]),
        (replace(DONE, states=states(reload_due=True)), [READ]),
        (replace(DONE, states=states(outdated=True)), [START]),  # an installation that was interrupted before the end
    ],
)
def test_only_what_is_missing_is_done(found: Found, texts: list[str]) -> None:
    assert needed(found) == texts


@pytest.mark.parametrize(
    ("found", "texts"),
    [
        (
            DONE,
            [
                "write /etc/systemd/system/edge-ser-dashboard.service",
                *(GROUP, READ, "start the dashboard with the machine", "start the dashboard"),
            ],
        ),
        (replace(DONE_WITH_DASHBOARD, has_group=False), [GROUP]),
        (
            replace(DONE_WITH_DASHBOARD, package_current=False),
            ["install edge-ser==1", START, "start the dashboard anew"],
        ),
        (
            replace(DONE_WITH_DASHBOARD, units={**WITH_DASHBOARD.units, paths.DASHBOARD_UNIT_FILE: "old"}),
            ["write /etc/systemd/system/edge-ser-dashboard.service", READ, "start the dashboard anew"],
        ),
        (
            replace(DONE_WITH_DASHBOARD, units={**WITH_DASHBOARD.units, paths.UNIT_FILE: "old"}),
            ["write /etc/systemd/system/edge-ser.service", READ, START],
        ),
        (replace(DONE_WITH_DASHBOARD, has_configuration=False), ["write /etc/edge-ser/config.toml", START]),
    ],
)
def test_only_what_the_dashboard_lacks_is_done(found: Found, texts: list[str]) -> None:
    assert needed(found, WITH_DASHBOARD) == texts


def test_an_image_is_never_started() -> None:
    image = Target(Path("/image"), live=False)
    assert needed(Found(), target=image)[-1] == BOOT
    assert needed(Found(), WITH_DASHBOARD, image)[-3:] == [GROUP, BOOT, "start the dashboard with the machine"]


def test_a_kept_configuration_is_said_together_with_the_microphone() -> None:
    step = plan(Target(), replace(WANTED, device="USB"), DONE)[2]
    assert not step.needed
    assert "microphone.device" in step.otherwise


@pytest.mark.parametrize("name", TITLES)
def test_a_unit_is_wanted_by_what_the_link_says(name: str) -> None:
    unit = (paths.resource_folder("systemd") / name).read_text()
    assert f"WantedBy={wanted_by(name).parent.name.removesuffix('.wants')}\n" in unit
    assert str(SCRIPT) in unit


def test_the_group_is_that_of_the_units() -> None:
    folder = paths.resource_folder("systemd")
    assert f"Group={paths.READERS}\n" in (folder / "drop-ins/dashboard.conf").read_text()
    assert f"SupplementaryGroups={paths.READERS}\n" in (folder / paths.DASHBOARD_UNIT).read_text()


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_a_new_configuration_names_the_microphone(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_text(install.with_device(example(), name), encoding="utf-8")
    assert settings_of(path).microphone.device == name


# What is refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (replace(MACHINE, architecture="armv7l"), ["64-bit", "armv7l"]),
        (replace(MACHINE, python=replace(PYTHON, bits=32)), ["64-bit", "32-bit"]),
        (replace(MACHINE, python=replace(PYTHON, version=(3, 9))), ["3.9", "3.10"]),
        (replace(MACHINE, systemd=241), ["241", "247"]),
        (replace(MACHINE, python=replace(PYTHON, can_make_environments=False)), ["apt install", "python3-venv"]),
    ],
)
def test_an_unfit_machine_is_refused(machine: Machine, words: list[str]) -> None:
    with pytest.raises(UnsupportedSystem) as error:
        system.require_fit(machine)
    for word in words:
        assert word in str(error.value)


def test_a_fit_machine_is_not() -> None:
    system.require_fit(MACHINE)
    system.require_room(MACHINE)


def test_no_room_says_how_much_there_is() -> None:
    with pytest.raises(NoRoom, match="needs 300 MB and its disk has 12 MB left"):
        system.require_room(replace(MACHINE, free=12))


def test_without_systemd_or_root_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoSystemd, match="--root DIR"):
        system.require_may_change(Target(tmp_path), "edge-ser")
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotRoot, match="sudo /home/pi/edge-ser service install"):
        system.require_may_change(Target(tmp_path), "/home/pi/edge-ser service install")
    system.require_may_change(Target(tmp_path, live=False), "edge-ser")


def test_a_folder_in_which_no_group_can_be_made_is_said_before_anything_is_changed(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=f"--with dashboard: makes a group, and there is no {tmp_path}/etc/group"):
        install.install(Target(tmp_path), Options(drop_ins=("dashboard",)), print, "edge-ser", dry_run=True)
    assert list(tmp_path.iterdir()) == []


# Steps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "error"), [(28, NoRoom), (30, NotPermitted), (13, NotPermitted), (5, StepFailed)])
def test_a_disk_that_fails_is_one_line(number: int, error: type[EdgeSerError]) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number), "/etc/x")

    later: list[str] = []
    with pytest.raises(error, match=f"could not write it: /etc/x {os.strerror(number)}; "):
        carry_out([Step("write it", True, fail), Step("next", True, lambda: later.append("done"))], lambda _: None)
    assert later == []


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_file(path, "one")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("one", 0o644)
    path.chmod(0o640)
    write_file(path, "two")
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("two", 0o640)
    assert list(path.parent.iterdir()) == [path]
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "\ud800")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("src/x.c:9:10: fatal error: portaudio.h: No such file\nerror: command 'gcc' failed\n", "apt install gcc"),
        ("x\nerror: command 'gcc' failed: No such file or directory\nERROR: Failed building wheel", "portaudio19-dev"),
        ("error: [Errno 2] No such file: 'cc'\nERROR: Could not build wheels for pyaudio, which", "python3-dev"),
        ("WARNING: ... Temporary failure in name resolution\nERROR: No matching distribution", "is the network up?"),
        ("ERROR: Could not install packages: [Errno 28] No space left on device\n", "disk is full"),
        ("Collecting x\nERROR: No matching distribution found for x\nhint\n", "No matching distribution found for x"),
        ("", "it said nothing"),
    ],
)
def test_what_pip_says_becomes_one_line_with_advice(output: str, words: str) -> None:
    assert words in package.explain_pip(output)


@given(st.text())
def test_whatever_pip_says_is_one_short_line(output: str) -> None:
    assert len(package.explain_pip(output).splitlines()) == 1
    assert len(package.explain_pip(output)) < 500


def test_a_program_that_fails_or_is_missing_is_one_line() -> None:
    with pytest.raises(StepFailed, match=r"the shell failed: second$"):
        programs.call("the shell", "sh", "-c", "echo first; echo second >&2; exit 3")
    with pytest.raises(StepFailed, match="/nonexistent cannot be run"):
        programs.call("it", "/nonexistent")


# Where from ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "edge_ser").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("")
    (folder / "edge_ser" / "a.py").write_text("1")
    return folder


def test_the_fingerprint_is_that_of_what_gets_installed(checkout: Path) -> None:
    first = package.fingerprint(checkout)
    (checkout / "README.md").write_text("else")
    (checkout / "edge_ser" / "__pycache__").mkdir()
    (checkout / "edge_ser" / "__pycache__" / "a.pyc").write_text("else")
    assert package.fingerprint(checkout) == first
    (checkout / "edge_ser" / "a.py").rename(checkout / "edge_ser" / "b.py")
    second = package.fingerprint(checkout)
    (checkout / "edge_ser" / "b.py").write_text("2")
    assert len({first, second, package.fingerprint(checkout)}) == 3


def test_a_checkout_a_wheel_or_a_requirement(checkout: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "edge_ser-1-py3-none-any.whl"
    zipfile.ZipFile(wheel, "w").close()
    for wanted in (str(checkout), str(wheel), "edge-ser==0.1.0"):
        source = package.find_source(wanted, tmp_path / "none")
        assert source is not None
        assert source.requirement == wanted


def test_a_drop_in_brings_the_library_that_it_is_for(checkout: Path) -> None:
    plain = Source(str(checkout), "f")
    assert package.with_extras(plain, []) == plain
    assert package.with_extras(plain, ["mqtt", "metrics", "mqtt"]) == Source(
        f"{checkout}[metrics,mqtt]", "f metrics,mqtt"
    )
    for requirement in ("edge-ser==0.2", "edge-ser @ https://example.org/x.whl"):
        with_mqtt = package.with_extras(Source(requirement, "f"), ["mqtt"]).requirement
        assert with_mqtt == requirement.replace("edge-ser", "edge-ser[mqtt]", 1)
    assert set(install.EXTRAS) <= set(install.drop_in_names())


@pytest.mark.parametrize("wanted", ["", "edge-ser", "./missing.whl", "/etc/hostname", "/"])
def test_something_else_is_refused(wanted: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="--from"):
        package.find_source(wanted, tmp_path / "none")


def test_what_pip_wrote_down_is_followed(checkout: Path) -> None:
    assert package._of_record(None).requirement.startswith("edge-ser==")
    assert package._of_record({"url": f"file://{checkout}", "dir_info": {}}).requirement == str(checkout)
    git = {"url": "https://example.org/x", "vcs_info": {"vcs": "git", "commit_id": "abc"}}
    assert package._of_record(git).requirement == "edge-ser @ git+https://example.org/x@abc"
    with pytest.raises(InvalidSetting, match="is gone"):
        package._of_record({"url": "file:///nonexistent/edge%20ser.whl"})


# The virtual environment ---------------------------------------------------------------------------------------------


def environment(venv: Path, fingerprint: str, release: str = PYTHON.release) -> None:
    """What `package.make` leaves behind, as far as others look at it."""
    (venv / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("python", "edge-ser"):
        (venv / "bin" / name).touch()
    (venv / "edge-ser-installed.json").write_text(json.dumps({"fingerprint": fingerprint, "python": release}))


def test_an_environment_is_current_only_when_it_was_finished_with_the_same(tmp_path: Path) -> None:
    source = Source("x", "f")
    assert not package.is_current(tmp_path, source, PYTHON)
    environment(tmp_path, "f")
    assert package.is_current(tmp_path, source, PYTHON)
    assert not package.is_current(tmp_path, Source("x", "g"), PYTHON)
    assert not package.is_current(tmp_path, source, replace(PYTHON, version=(3, 13)))
    for damage in ("{", "[]", ""):
        (tmp_path / "edge-ser-installed.json").write_text(damage)
        assert not package.is_current(tmp_path, source, PYTHON)


@pytest.mark.parametrize("fails", ["venv", "pip", "import pyaudio"])
def test_a_failure_leaves_the_old_environment_alone(tmp_path: Path, fails: str) -> None:
    venv = tmp_path / "opt/edge-ser"
    environment(venv, "old")
    fake = tmp_path / "python"
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *"{fails}"*) echo "no luck"; exit 1 ;; esac\n'
        f'[ "$3" != venv ] || {{ mkdir -p "$4/bin"; cp "{fake}" "$4/bin/python"; touch "$4/bin/edge-ser"; }}\n'
    )
    fake.chmod(0o755)
    with pytest.raises(StepFailed, match="no luck"):
        package.make(venv, Source("x", "new"), replace(PYTHON, executable=fake))
    assert package.read_stamp(venv)["fingerprint"] == "old"
    assert list(venv.parent.iterdir()) == [venv]


# A system that runs --------------------------------------------------------------------------------------------------


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A system below a folder, whose systemctl writes down what it is told, and where installing takes no time."""
    root = tmp_path / "root"
    (root / "run/systemd/system").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/group").write_text(GROUPS)
    names = {name: str(tmp_path / name) for name in ("log", "state", "broken")}
    fake = tmp_path / "bin" / "systemctl"
    fake.parent.mkdir()
    fake.write_text(FAKE_SYSTEMCTL.format(**names, python=sys.executable, wants=Target(root).at(wanted_by(""))))
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system, "service_python", lambda: PYTHON)
    monkeypatch.setattr(system, "ROOM", 0)
    monkeypatch.setattr(package, "make", lambda venv, source, python: environment(venv, source.fingerprint))
    return Target(root)


def run(target: Target, **options: object) -> tuple[bool, list[str]]:
    log = target.root.parent / "log"
    log.write_text("")
    changed = install.install(target, Options(**options), lambda _: None, "edge-ser", dry_run=False)  # type: ignore[arg-type]
    return changed, [line for line in log.read_text().splitlines() if line.split()[0] not in ("show", "--version")]


def test_installed_twice_it_is_started_once(target: Target) -> None:
    started = ["daemon-reload", f"enable {paths.UNIT}", f"restart {paths.UNIT}"]
    assert run(target, device="USB") == (True, started)
    configuration = target.at(paths.CONFIGURATION)
    assert settings_of(configuration).microphone.device == "USB"
    configuration.write_text("# mine\n")
    assert run(target, device="other") == (False, [])
    assert configuration.read_text() == "# mine\n"


def test_a_drop_in_comes_with_a_restart_and_is_kept_up_to_date(target: Target) -> None:
    run(target)
    again = ["daemon-reload", f"restart {paths.UNIT}"]
    drop_in = target.at(paths.DROP_INS) / "mqtt-lan.conf"
    assert run(target, drop_ins=("mqtt-lan",)) == (True, again)
    text = drop_in.read_text()
    drop_in.write_text("older")
    assert run(target) == (True, again)
    assert drop_in.read_text() == text
    assert run(target) == (False, [])


@as_root
def test_the_dashboard_comes_with_its_group_and_is_started(target: Target, tell: Callable[[str], None]) -> None:
    run(target)
    there = snapshot(target)
    page = paths.DASHBOARD_UNIT
    calls = ["daemon-reload", f"restart {paths.UNIT}", f"enable {page}", f"restart {page}"]
    assert run(target, drop_ins=("dashboard",)) == (True, calls)
    assert groups.exists(target, "edge-ser-readers")
    assert "Group=edge-ser-readers" in (target.at(paths.DROP_INS) / "dashboard.conf").read_text()
    assert str(target.at(wanted_by(page)).readlink()) == f"/etc/systemd/system/{page}"
    stamp = json.loads((target.at(paths.VENV) / "edge-ser-installed.json").read_text())
    assert stamp["fingerprint"].endswith(" dashboard")
    assert run(target, drop_ins=("dashboard",)) == run(target) == (False, [])
    target.at(paths.DASHBOARD_UNIT_FILE).write_text("older")
    assert run(target) == (True, ["daemon-reload", f"restart {page}"])

    write_file(target.at(paths.UNITS / f"{page}.d/override.conf"), "owner's")
    assert uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    assert f"disable --now {page}\n" in (target.root.parent / "log").read_text()
    assert target.at(Path("/etc/group")).read_text() == GROUPS
    assert snapshot(target) <= there
    assert not uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)


@as_root
def test_a_dashboard_that_does_not_start_says_where_to_look(target: Target) -> None:
    (target.root.parent / f"broken-{paths.DASHBOARD_UNIT}").touch()
    with pytest.raises(StepFailed, match=r"why: journalctl --unit edge-ser-dashboard.service -n 20$"):
        run(target, drop_ins=("dashboard",))
    (target.root.parent / f"broken-{paths.DASHBOARD_UNIT}").unlink()
    assert run(target, drop_ins=("dashboard",)) == (True, [f"restart {paths.DASHBOARD_UNIT}"])


@as_root
def test_a_group_of_the_same_beginning_is_another(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/group").write_text("edge-ser-readers2:x:5:\nx:x:6:edge-ser-readers\n")
    assert not groups.exists(Target(tmp_path), "edge-ser-readers")
    groups.add(Target(tmp_path), "edge-ser-readers")
    assert groups.exists(Target(tmp_path), "edge-ser-readers")
    with pytest.raises(StepFailed, match=r"groupadd failed: .*already exists"):
        groups.add(Target(tmp_path), "edge-ser-readers")


def snapshot(target: Target) -> set[Path]:
    """Every file, but for what groupadd keeps of before."""
    return {path for path in target.root.rglob("*") if not path.is_dir() and not path.name.endswith("-")}


def test_a_start_that_fails_says_where_to_look_and_is_tried_again(target: Target) -> None:
    broken = target.root.parent / f"broken-{paths.UNIT}"
    broken.touch()
    with pytest.raises(StepFailed, match=r"Job for edge-ser.service failed\.; why: edge-ser service logs"):
        run(target)
    broken.unlink()
    assert run(target) == (True, [f"restart {paths.UNIT}"])


def test_a_foreign_command_is_left_alone(target: Target) -> None:
    command = target.at(paths.COMMAND)
    write_file(command, "mine")
    run(target)
    assert command.read_text() == "mine"
    uninstall.uninstall(target, True, lambda _: None, "edge-ser", dry_run=False)
    assert command.read_text() == "mine"


def test_a_dry_run_changes_nothing(target: Target, tell: Callable[[str], None], told: list[str]) -> None:
    before = sorted(target.root.rglob("*"))
    assert install.install(target, Options(), tell, "edge-ser", dry_run=True)
    assert told[-1] == "would start the service"
    assert sorted(target.root.rglob("*")) == before


def test_uninstalling_leaves_the_configuration_alone(target: Target, tell: Callable[[str], None]) -> None:
    run(target, drop_ins=("mqtt-lan",))
    write_file(target.at(paths.DROP_INS) / "override.conf", "owner's")
    write_file(target.at(Path("/var/lib/private/edge-ser/muted")), "")
    target.at(paths.STATE).symlink_to("private/edge-ser")
    assert uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    calls = (target.root.parent / "log").read_text()
    assert f"disable --now {paths.UNIT}\ndaemon-reload\n" in calls
    assert snapshot(target) == {target.at(paths.CONFIGURATION), target.at(Path("/etc/group"))}
    assert not uninstall.uninstall(target, False, tell, "edge-ser", dry_run=False)
    assert uninstall.uninstall(target, True, tell, "edge-ser", dry_run=False)
    assert not target.at(paths.CONFIGURATION.parent).exists()
    assert not uninstall.uninstall(target, True, tell, "edge-ser", dry_run=False)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def tell(told: list[str]) -> Callable[[str], None]:
    return told.append
