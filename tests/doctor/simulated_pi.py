"""Files of a Raspberry Pi with a USB microphone that the service has opened, as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

CARDS = """\
 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones
                      bcm2835 Headphones
 1 [vc4hdmi0       ]: vc4-hdmi - vc4-hdmi-0
                      vc4-hdmi-0
 2 [Device         ]: USB-Audio - USB PnP Sound Device
                      C-Media Electronics Inc. USB PnP Sound Device at usb-0000:01:00.0-1.3, full speed
"""
PCM = """\
00-00: bcm2835 Headphones : bcm2835 Headphones : playback 8
01-00: MAI PCM i2s-hifi-0 : MAI PCM i2s-hifi-0 : playback 1
02-00: USB Audio : USB Audio : playback 1 : capture 1
"""
RUNNING = """\
state: RUNNING
owner_pid   : 734
trigger_time: 812.394832918
tstamp      : 0.000000000
delay       : 960
avail       : 960
avail_max   : 1024
"""
OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
# a remark
VERSION_ID="12"
ID=debian
BROKEN="
"""


def put(root: Path, path: str, text: str) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def make(root: Path) -> Path:
    """Write the files below a folder and return it."""
    put(root, "etc/os-release", OS_RELEASE)
    put(root, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    put(root, "proc/asound/cards", CARDS)
    put(root, "proc/asound/pcm", PCM)
    put(root, "proc/asound/card0/pcm0p/sub0/status", RUNNING.replace("734", "99"))  # playback, which does not count
    put(root, "proc/asound/card2/pcm0c/sub0/status", RUNNING)
    put(root, "proc/734/comm", "edge-ser\n")
    put(root, "proc/734/cgroup", "0::/system.slice/edge-ser.service\n")
    put(root, "dev/snd/pcmC2D0c", "")
    put(root, "etc/group", "root:x:0:\naudio:x:29:pi,ada\n")
    put(root, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    put(root, "sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    return root
