# Faults of a machine: a damaged model, a full disk, a clock that jumps, a deaf microphone.
SUBJECT=damage
. ./library.sh

begin
prove "a sentence gets its label" hears

model=$(find /opt/edge-ser -path '*/edge_ser/models/default.tflite')
cp "$model" /dev/shm/model
mark
truncate -s 30000 "$model"
systemctl restart edge-ser 2>/dev/null
tried() { [ "$(show NRestarts)" -ge $((RESTARTS + 2)) ]; }
prove "damaged model: tries again and again" within 60 tried
prove "damaged model: one clear line" [ "$(journal | grep -c '^edge-ser: .*model')" -ge 1 ]
prove "damaged model: no traceback" eval "! logged Traceback"
journal | grep -m1 '^edge-ser: ' | quote
cat /dev/shm/model >"$model"
prove "model put back: listens by itself" within 60 listens
prove "model put back: hears" hears

mark
sleep 12
prove "deaf microphone: says so" within 10 said deaf
echo "    > STATUS: $(show StatusText)"
prove "sound comes: a label" hears
prove "sound comes: the fault is over" within 5 said recovered

mark
dd if=/dev/zero of=/full bs=1M status=none 2>/dev/null
dd if=/dev/zero of=/run/full bs=64k status=none 2>/dev/null
df --output=target,avail / /run | quote
prove "disk full: hears" hears
prove "disk full: goes on in the same process" same_process
systemctl restart edge-ser
prove "disk full: starts" within 60 listens
prove "disk full: hears after a start" hears
rm -f /full /run/full
prove "room again: hears" hears

mark
now=$(date +%s)
date -s "@$((now + 86400))" >/dev/null
prove "clock a day ahead: hears" hears
sleep 3
date -s "@$((now + 10))" >/dev/null
prove "clock a day back: hears" hears
sleep 3
date -s "@$((now - 86400))" >/dev/null
prove "clock two days back: hears" hears
prove "all that in the same process, the watchdog content" same_process
exit 0
