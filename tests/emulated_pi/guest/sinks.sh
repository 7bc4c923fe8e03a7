# The service with a broker, the live page, a history and Prometheus: each gets the labels, and recovers after a restart.
SUBJECT=sinks
. ./library.sh

PAGE=http://127.0.0.1:8765
METRICS=http://127.0.0.1:9105/metrics
BROKER=/dev/shm/broker   # messages of the broker: RETAINED TOPIC PAYLOAD
STREAM=/dev/shm/stream   # events of the live page

config=/etc/edge-ser/config.toml
publish() { sed -i "s|^publish = .*|publish = [$1]|" $config; edge-ser config check >/dev/null && systemctl restart edge-ser; }
ALL='"unix:/run/edge-ser/events.sock", "mqtt://127.0.0.1/edge-ser", "history:", "prometheus:127.0.0.1:9105"'

begin
prove "a broker runs" within 30 systemctl is-active --quiet mosquitto
prove "the page's unit is active" within 60 systemctl is-active --quiet edge-ser-dashboard
prove "a configuration with all of them starts" publish "$ALL"
prove "listens" within 60 listens
echo "    > STATUS: $(show StatusText)"

# Each in turn.  retained TOPIC: the message that the broker sends to a new subscriber.
retained() { mosquitto_sub -W 5 -C 1 --retained-only -t "edge-ser/$1" 2>/dev/null; }
retains() { retained "$1" | grep -qE "$2"; }
from_broker() { tail -n +$((BROKER_SEEN + 1)) $BROKER | grep -qE "$1"; }
from_page() { tail -c +$((PAGE_SEEN + 1)) $STREAM | grep -qE "$1"; }
from_metrics() { curl -fsS -m 5 $METRICS | grep -qE "$1"; }
label() { tail -n +$((SEEN + 1)) $EVENTS | sed -n '/"final": true/s/.*"label": "\([a-z]*\)".*/\1/p' | tail -1; }
mark_all() { mark; BROKER_SEEN=$(wc -l <$BROKER); PAGE_SEEN=$(wc -c <$STREAM); }
mosquitto_sub -i proof -c -q 1 -t 'edge-ser/#' -F '%r %t %p' >$BROKER 2>/dev/null &
curl -sN $PAGE/events >$STREAM &
within 10 test -s $STREAM

prove "broker: available" within 10 retains availability '^online$'
prove "broker: Home Assistant is told of the emotion" \
    eval "mosquitto_sub -W 5 -C 1 -t homeassistant/sensor/edge-ser_edge-ser/emotion/config | grep -q edge-ser/emotion"
prove "page: its text" eval "curl -fsS -m 10 $PAGE/ | grep -qi '<title>'"
prove "page: its script" eval "curl -fsS -m 10 $PAGE/static/script.js | grep -q EventSource"
prove "page: refuses another name's reader" eval "[ \$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: example.org' $PAGE/) = 421 ]"
prove "page: levels" within 10 from_page '^event: level'

mark_all
prove "a sentence gets its label on the socket" hears
said_label=$(label)
echo "    > $said_label"
prove "broker: it" within 5 from_broker "^0 edge-ser/events .*\"final\": true.*\"label\": \"$said_label\""
prove "broker: it, for who comes later" within 5 retains emotion "\"label\": \"$said_label\""
prove "broker: somebody spoke, and speaks no more" eval "from_broker 'edge-ser/speaking ON' && retains speaking OFF"
prove "metrics: it" within 5 from_metrics "^edge_ser_utterances_total\{label=\"$said_label\"\} 1\.0"
prove "metrics: the microphone listens" from_metrics '^edge_ser_microphone\{state="listening"\} 1\.0'
prove "page: it" within 5 from_page "\"final\":true.*\"label\":\"$said_label\""
prove "history: it, with the batch" within 75 eval "edge-ser history 2>/dev/null | grep -q ' $said_label '"
edge-ser history | grep -E "^local| $said_label " | quote
prove "service status names the page" eval "edge-ser service status | grep -q '$PAGE/'"
edge-ser service status | cut -c1-120 | quote

# The mute buttons of the page and of the broker.
press() { curl -s -m 5 -o /dev/null -w '%{http_code}' -H "Origin: ${2-$PAGE}" -d "{\"mute\": $1}" $PAGE/mute; }
muted_file=/var/lib/edge-ser/muted
silent() { SEEN=$(wc -l <$EVENTS); play sentence.wav; sleep 2; [ "$(finals)" -eq 0 ]; }
mark_all
prove "page's button: another site may not" [ "$(press true http://example.org)" = 403 ]
prove "page's button: nor a program without Origin" \
    [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' -d '{"mute": true}' $PAGE/mute)" = 403 ]
prove "page's button: neither did" [ ! -e $muted_file ]
prove "page's button: mutes" [ "$(press true)" = 204 ]
prove "page's button: the socket says so" within 2 said muted
prove "page's button: so does the broker" within 5 retains muted '^ON$'
prove "page's button: and the page" within 5 from_page '^data: .*"state":"muted"'
prove "page's button: nothing is heard" silent
mark_all
prove "page's button: unmutes" [ "$(press false)" = 204 ]
prove "page's button: listens" within 10 listens
prove "page's button: hears" hears
mark_all
mosquitto_pub -t edge-ser/muted/set -m ON
prove "broker's switch: mutes" within 5 said muted
prove "broker's switch: it is ON" within 5 retains muted '^ON$'
prove "broker's switch: metrics say so" within 5 from_metrics '^edge_ser_microphone\{state="muted"\} 1\.0'
prove "broker's switch: nothing is heard" silent
mosquitto_pub -t edge-ser/muted/set -m OFF
prove "broker's switch: listens" within 10 listens
prove "broker's switch: it is OFF" within 5 retains muted '^OFF$'
prove "broker's switch: hears" hears

# The broker is killed and stays away for a sentence.  It keeps its readers' sessions, but no state of edge-ser.
mosquitto_pub -r -n -t edge-ser/availability
mosquitto_pub -r -n -t edge-ser/emotion
systemctl kill -s USR1 mosquitto
sleep 1
mark_all
systemctl kill -s KILL mosquitto
systemctl stop mosquitto
prove "no broker: hears" hears
prove "no broker: the same process" same_process
prove "no broker: page and metrics go on" eval "from_page '\"final\":true' && from_metrics '^edge_ser_utterances_total'"
systemctl start mosquitto
began=$(uptime_ms)
prove "broker again: it is told what happened meanwhile" within 90 from_broker '^0 edge-ser/events .*"final": true'
echo "figure broker told after its start: $((($(uptime_ms) - began) / 1000)) s"
prove "broker again: available" within 5 retains availability '^online$'
prove "broker again: the last label, for who comes later" within 5 retains emotion '"final": true'
journal | grep 'mqtt://' | quote
prove "broker again: the same process" same_process

# The service is killed; all readers reconnect.
mark_all
systemctl kill -s KILL --kill-whom=main edge-ser
prove "kill -9: the will says that it is away" within 5 from_broker 'edge-ser/availability offline'
prove "kill -9: listens again" within 60 listens
prove "kill -9: available again" within 10 retains availability '^online$'
prove "kill -9: hears" hears
prove "kill -9: so do broker and page" within 5 eval "from_broker '\"final\": true' && from_page '\"final\":true'"
prove "kill -9: metrics begin again" within 5 from_metrics '^edge_ser_utterances_total'
systemctl restart edge-ser-dashboard
prove "page restarted: answers" within 60 curl -fsS -m 5 -o /dev/null $PAGE/
curl -sN $PAGE/events >$STREAM &
within 10 test -s $STREAM
mark_all
prove "page restarted: hears" eval "hears && within 5 from_page '\"final\":true'"

# Permissions of readers.
useradd --system --groups edge-ser-readers reader
useradd --system stranger
reads() { runuser -u "$1" -- python3 -c "import socket; s = socket.socket(socket.AF_UNIX); s.settimeout(5)
s.connect('/run/edge-ser/events.sock'); exit(not s.recv(99))" 2>/dev/null; }
prove "one of the group edge-ser-readers reads the socket" reads reader
may_record() { runuser -u reader "$@" -- test -r /dev/snd/pcmC0D1c; }
prove "and may not record, which the group audio may" eval "may_record -G audio && ! may_record"
prove "a stranger does not read it" eval "! reads stranger"
prove "nor the history" eval "[ -s /var/lib/edge-ser/history.sqlite ] && ! runuser -u stranger -- cat /var/lib/edge-ser/history.sqlite >/dev/null 2>&1"
for unit in edge-ser edge-ser-dashboard; do
    exposure=$(systemd-analyze security $unit --no-pager | sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
    prove "exposure of $unit, $exposure, is 1.2 or less" awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure <= 1.2) }"
    echo "figure systemd-analyze security, $unit with all sinks: $exposure"
    prove "systemd-analyze verify has nothing to say of $unit" [ -z "$(systemd-analyze verify $unit.service 2>&1)" ]
    echo "figure memory of $unit with all sinks: $(($(systemctl show $unit -p MemoryCurrent --value) / 1000000)) MB"
done

# Addresses that the units can reach, tried from inside their sandboxes.
ip address add 192.0.2.1/32 dev lo   # an address of this machine, but not loopback
cat >/usr/local/lib/reach.py <<'PYTHON'
import socket
for address in ("127.0.0.1", "192.0.2.1"):
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", (address, 9))
        print(f"reach: {address} allowed", flush=True)
    except OSError as error:
        print(f"reach: {address} refused: {error.strerror}", flush=True)
PYTHON
for unit in edge-ser edge-ser-dashboard; do
    mkdir -p /run/systemd/system/$unit.service.d
    printf '[Service]\n%s\n' Type=oneshot ExecStart= 'ExecStart=/opt/edge-ser/bin/python /usr/local/lib/reach.py' \
        ExecReload= Restart=no WatchdogSec=0 >/run/systemd/system/$unit.service.d/reach.conf
    systemctl daemon-reload
    systemctl restart $unit
    tried() { journalctl -u $unit -o cat --no-pager | grep -q "^reach: $1 $2"; }
    prove "$unit reaches this machine" within 10 tried 127.0.0.1 allowed
    prove "$unit reaches no other address" within 10 tried 192.0.2.1 refused
    journalctl -u $unit -o cat --no-pager | grep '^reach: ' | quote
    rm /run/systemd/system/$unit.service.d/reach.conf
done
systemctl daemon-reload
systemctl restart edge-ser edge-ser-dashboard
within 60 curl -fsS -m 5 -o /dev/null $PAGE/
curl -sN $PAGE/events >$STREAM &
within 10 test -s $STREAM

# A label is spoken: the microphone would hear it through the loopback.
python3 - <<'PYTHON'
import wave
with wave.open("sentence.wav") as source, wave.open("short.wav", "wb") as out:  # the loudspeaker is free when the label comes
    out.setparams(source.getparams())
    out.writeframes(source.readframes(source.getnframes() - 3 * source.getframerate() // 2))
PYTHON
espeak-ng -w word.wav -- neutral
SEEN=$(wc -l <$EVENTS)
prove "speech: such a word is heard if another program says it" eval "play word.wav && within 10 a_label_came"
publish "$ALL, \"speech:\""
prove "speech: listens" within 60 listens
mark_all
play short.wav
speaks() { pgrep -x espeak-ng >/dev/null; }
prove "speech: says the label" within 8 speaks
prove "speech: ends" within 10 eval '! speaks'
sleep 4
prove "speech: is not heard itself: one label" [ "$(finals)" -eq 1 ]
prove "speech: nothing to complain of" eval '! logged "speech: |espeak"'
prove "speech: hears, in the same process" eval "hears && same_process"

# The end.
publish "$ALL"
within 60 listens
mark_all
prove "before the end: hears" hears
count() { edge-ser history 2>/dev/null | grep -cE '^[0-9-]+ [0-9:]+  [a-z]'; }
before=$(count)
systemctl stop edge-ser
prove "stopped: in good order" [ "$(show Result)" = success ]
prove "stopped: the broker is told" within 5 retains availability '^offline$'
prove "stopped: the history has the last label too" [ "$(count)" -eq $((before + 1)) ]
prove "stopped: the page still answers" curl -fsS -m 5 -o /dev/null $PAGE/
prove "stopped: and knows" within 5 from_page '"link":"(no-socket|nobody-listens)"'

prove "uninstall ends well" edge-ser service uninstall
prove "uninstalled: no unit" [ -z "$(ls -d /etc/systemd/system/*edge-ser* /etc/systemd/system/*/*edge-ser* 2>/dev/null)" ]
prove "uninstalled: no group" eval '! getent group edge-ser-readers >/dev/null'
prove "uninstalled: no page" eval "! curl -fsS -m 5 -o /dev/null $PAGE/ 2>/dev/null"
prove "uninstalled: no history" eval "[ ! -e /var/lib/edge-ser ] && [ ! -e /var/lib/private/edge-ser ]"
prove "uninstalled: nothing has failed" [ -z "$(systemctl --failed --no-legend | grep edge-ser)" ]
exit 0
