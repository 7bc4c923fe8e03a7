"""The events of `edge-ser dashboard`: what pages get, how fast, and how slow pages are treated."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from edge_ser.dashboard.feed import MOST_PAGES
from tests.cli.command import start
from tests.dashboard.running import Service, dashboard, emotion, level, status, wait_until


def test_page_gets_everything_and_then_every_change(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        service.publish(status("listening", "listening to USB PnP"), emotion(1, "fear"))
        wait_until(lambda: page.state()["finished"])
        stream = page.stream()
        everything = stream.next("everything")
        assert everything["state"]["message"] == "listening to USB PnP"
        assert [event["label"] for event in everything["finished"]] == ["fear"]
        assert everything["minutes"][0]["utterances"] == 1
        service.publish(emotion(2, "anger", final=False))
        assert stream.next("heard")["label"] == "anger"
        service.publish(emotion(2, "anger"))
        assert stream.next("minute")["emotions"]["anger"] > 0
        service.publish(status("clipping", "much too loud"))
        assert stream.next("state")["fault"] == "clipping"
        service.publish(status("muted", "muted"))
        assert stream.next("state")["state"] == "muted"
        assert page.state()["current"] is None
        stream.close()


def test_twenty_pages_get_an_event_within_a_second(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        streams = [page.stream() for _ in range(20)]
        for stream in streams:
            stream.next("everything")
        begin = time.monotonic()
        service.publish(emotion(1, "sadness"))
        for stream in streams:
            assert stream.next("heard")["label"] == "sadness"
        assert time.monotonic() - begin < 1
        assert page.stop() == 143
        for stream in streams:
            stream.rest()  # it ends
            stream.close()


def test_stuck_page_does_not_affect_the_others(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect(("127.0.0.1", page.port))
        slow.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        good = page.stream()
        good.next("everything")
        memory = resident(page.process.pid)
        rounds = 200
        for number in range(rounds):
            service.publish(*(status("listening", f"{number} {part} " + "x" * 2_000) for part in range(20)))
            while not good.next("state")["message"].startswith(f"{number} 19 "):
                pass
        assert resident(page.process.pid) - memory < 20_000
        begin = time.monotonic()
        assert page.stop() == 143
        assert time.monotonic() - begin < 5
        slow.close()
        good.close()


def resident(pid: int) -> int:
    """Return what a process holds in memory, kB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0])


def test_too_many_pages_are_told(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        streams = [page.stream() for _ in range(MOST_PAGES)]
        for stream in streams:
            stream.next("everything")
        late = page.stream()
        assert late.next("full") == {}
        streams.pop().close()

        def one_more_fits() -> bool:
            stream = page.stream()
            sent = stream.first()
            stream.close()
            return sent == "everything"

        wait_until(one_more_fits)
        for stream in (*streams, late):
            stream.close()


def test_reconnection_to_a_restarted_service(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        page.wait_for_link("no-socket")
        with Service(folder / "s") as service:
            page.wait_for_link("connected")
            service.publish(emotion(1, "fear"))
        page.wait_for_link("no-socket")
        with Service(folder / "s") as service:
            page.wait_for_link("connected")
            service.publish(emotion(1, "anger"))
            wait_until(lambda: [event["label"] for event in page.state()["finished"]] == ["anger", "fear"])


def test_levels_are_sent_only_to_pages_and_at_a_limited_rate(folder: Path) -> None:
    with Service(folder / "s") as service, dashboard(folder / "s") as page:
        service.readers(1)
        assert not service.wants_levels
        streams = [page.stream(), page.stream()]
        streams[1].next("everything")
        wait_until(lambda: service.wants_levels)
        streams[0].next("everything")
        begin = time.monotonic()
        for _ in range(100):  # in two seconds, or longer on a busy machine
            service.publish(level(-30.0, speech=True))
            time.sleep(0.02)
        service.publish(emotion(1, "fear"))
        got, called = [], ""
        while called != "heard":
            called = streams[0].first()
            got.append(called)
        assert 3 <= got.count("level") <= (time.monotonic() - begin) / 0.18 + 1, got
        streams[1].close()
        for _ in range(3):  # one that comes too soon after another is left out
            service.publish(level(-20.0))
            time.sleep(0.2)
        assert streams[0].next("level")["level"] == -20.0
        streams[0].close()
        wait_until(lambda: not service.wants_levels)


def test_demonstration_reaches_the_page(folder: Path) -> None:
    with dashboard(folder / "s") as page:
        listen = ("listen", "--input", "demo", "--realtime", "--duration", "6", "--format", "none")
        with start(*listen, "--publish", f"unix:{folder / 's'}") as listening:
            wait_until(lambda: [event["label"] for event in page.state()["finished"]] == ["neutral"], 30)
            assert listening.wait(30) == 0
        page.wait_for_link("no-socket")
