"""The steps of an installation, from what is installed and what should be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_ser import paths
from edge_ser.listening.configuration import example, read_settings
from edge_ser.service import install
from edge_ser.service.package import PackageSource
from edge_ser.service.plan import SCRIPT, TITLES, Desired, Installed, UnitState, plan, wanted_by
from edge_ser.service.system import Target
from tests.service.staged import PYTHON

DESIRED = Desired(PackageSource("edge-ser==1", "f"), PYTHON, {paths.UNIT_FILE: "unit"}, "configuration")
RUNNING = UnitState(enabled=True, active=True)
DONE = Installed(
    package_current=True,
    units={paths.UNIT_FILE: "unit"},
    has_configuration=True,
    command=SCRIPT,
    states={paths.UNIT: RUNNING},
)
WITH_DASHBOARD = replace(DESIRED, units={**DESIRED.units, paths.DASHBOARD_UNIT_FILE: "page"})
DONE_WITH_DASHBOARD = replace(
    DONE, units=WITH_DASHBOARD.units, states={**DONE.states, paths.DASHBOARD_UNIT: RUNNING}, has_group=True
)
START = "restart the service"
BOOT = "enable the service at boot"
READ = "reload systemd"
GROUP = "create the group edge-ser-readers"


def needed(installed: Installed, desired: Desired = DESIRED, target: Target = Target()) -> list[str]:  # noqa: B008
    return [step.text.split(" into ")[0] for step in plan(target, desired, installed) if step.needed]


def states(**changes: bool) -> dict[str, UnitState]:
    return {paths.UNIT: replace(RUNNING, **changes)}


def test_bare_system_needs_every_step_in_order() -> None:
    texts = needed(Installed())
    assert texts[0] == "install edge-ser==1"
    assert texts[1:] == [
        "write /etc/systemd/system/edge-ser.service",
        "write /etc/edge-ser/config.toml",
        "link /usr/local/bin/edge-ser to /opt/edge-ser/bin/edge-ser",
        READ,
        BOOT,
        "start the service",
    ]


def test_complete_system_needs_no_step() -> None:
    assert needed(DONE) == []
    assert needed(replace(DONE, states=states(active=False)), target=Target(Path("/image"), live=False)) == []
    assert needed(DONE_WITH_DASHBOARD, WITH_DASHBOARD) == []


@pytest.mark.parametrize(
    ("installed", "texts"),
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
def test_only_missing_steps_are_needed(installed: Installed, texts: list[str]) -> None:
    assert needed(installed) == texts


@pytest.mark.parametrize(
    ("installed", "texts"),
    [
        (
            DONE,
            [
                "write /etc/systemd/system/edge-ser-dashboard.service",
                *(GROUP, READ, "enable the dashboard at boot", "start the dashboard"),
            ],
        ),
        (replace(DONE_WITH_DASHBOARD, has_group=False), [GROUP]),
        (
            replace(DONE_WITH_DASHBOARD, package_current=False),
            ["install edge-ser==1", START, "restart the dashboard"],
        ),
        (
            replace(DONE_WITH_DASHBOARD, units={**WITH_DASHBOARD.units, paths.DASHBOARD_UNIT_FILE: "old"}),
            ["write /etc/systemd/system/edge-ser-dashboard.service", READ, "restart the dashboard"],
        ),
        (
            replace(DONE_WITH_DASHBOARD, units={**WITH_DASHBOARD.units, paths.UNIT_FILE: "old"}),
            ["write /etc/systemd/system/edge-ser.service", READ, START],
        ),
        (replace(DONE_WITH_DASHBOARD, has_configuration=False), ["write /etc/edge-ser/config.toml", START]),
    ],
)
def test_only_missing_steps_of_the_dashboard_are_needed(installed: Installed, texts: list[str]) -> None:
    assert needed(installed, WITH_DASHBOARD) == texts


def test_image_is_never_started() -> None:
    image = Target(Path("/image"), live=False)
    assert needed(Installed(), target=image)[-1] == BOOT
    assert needed(Installed(), WITH_DASHBOARD, image)[-3:] == [GROUP, BOOT, "enable the dashboard at boot"]


def test_kept_configuration_tells_how_to_set_the_microphone() -> None:
    step = plan(Target(), replace(DESIRED, device="USB"), DONE)[2]
    assert not step.needed
    assert "microphone.device" in step.otherwise


@pytest.mark.parametrize("name", TITLES)
def test_link_fits_the_unit(name: str) -> None:
    unit = (paths.resource_folder("systemd") / name).read_text()
    assert f"WantedBy={wanted_by(name).parent.name.removesuffix('.wants')}\n" in unit
    assert str(SCRIPT) in unit


def test_units_name_the_group() -> None:
    folder = paths.resource_folder("systemd")
    assert f"Group={paths.READERS}\n" in (folder / "drop-ins/dashboard.conf").read_text()
    assert f"SupplementaryGroups={paths.READERS}\n" in (folder / paths.DASHBOARD_UNIT).read_text()


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_new_configuration_names_the_microphone(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.getbasetemp() / "config.toml"
    path.write_text(install.with_device(example(), name), encoding="utf-8")
    assert read_settings(path).microphone.device == name
