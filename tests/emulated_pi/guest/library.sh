# Functions for the guest scripts.  run.py reads their output: a proof is a line `ok ...` or `FAILED ...`, a figure is
# `figure NAME: VALUE UNIT`, and quotes from the journal are indented.

export EVENTS=/dev/shm/events.jsonl   # events from the socket, in memory because tests fill the disk and /run
cd /payload

ok() { echo "ok $SUBJECT: $*"; }
failed() {
    echo "FAILED $SUBJECT: $*"
    systemctl show edge-ser -p ActiveState -p SubState -p NRestarts -p Result -p StatusText | sed 's/^/    /'
    journalctl -u edge-ser -o cat --no-pager -n 12 | sed 's/^/    | /'
}
prove() { local text=$1; shift; if "$@"; then ok "$text"; else failed "$text"; fi; }   # prove TEXT COMMAND...
quote() { sed 's/^/    > /'; }

show() { systemctl show edge-ser -p "$1" --value; }
is_active() { [ "$(systemctl is-active edge-ser)" = active ]; }
uptime_ms() { awk '{ printf "%d", $1 * 1000 }' /proc/uptime; }

# within SECONDS COMMAND...: whether the command succeeds by then.
within() {
    local end=$(($(uptime_ms) + $1 * 1000)); shift
    until "$@"; do [ "$(uptime_ms)" -lt "$end" ] || return 1; sleep 0.2; done
}

# Later checks look at events and journal lines after this point only.
mark() {
    CURSOR=$(journalctl -n 0 --show-cursor --no-pager | sed -n 's/^-- cursor: //p')
    SEEN=$(wc -l <$EVENTS)
    RESTARTS=$(show NRestarts)
    PID=$(show MainPID)
}
journal() { journalctl -u edge-ser --after-cursor="$CURSOR" -o cat --no-pager; }   # lines of the service and of systemd
logged() { journal | grep -qE "$1"; }
said() { tail -n +$((SEEN + 1)) $EVENTS | grep -q "\"status\": \"$1\""; }
finals() { tail -n +$((SEEN + 1)) $EVENTS | grep -c '"final": true'; }
status_is() { show StatusText | grep -qE "$1"; }
restarts() { [ "$(show NRestarts)" -eq $((RESTARTS + $1)) ]; }
same_process() { is_active && [ "$(show MainPID)" = "$PID" ]; }

play() { aplay -q -D plughw:Loopback,0,0 "$1"; }

# Whether a sentence played now gets a label on the socket.
a_label_came() { [ "$(finals)" -gt 0 ]; }
hears() { SEEN=$(wc -l <$EVENTS); play sentence.wav && within 10 a_label_came; }
listens() { is_active && status_is '^listening'; }
read_events() { touch $EVENTS; python3 read_events.py $EVENTS & }
begin() { read_events; prove "active after boot" within 60 is_active; within 30 listens; mark; }

plug_out() { echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/unbind; }
plug_in() { echo snd_aloop.0 >/sys/bus/platform/drivers/snd_aloop/bind; }
load_card() { modprobe snd-aloop enable=1 index=0 id=Loopback pcm_substreams=1; }
