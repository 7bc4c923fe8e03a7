# Attempts at what the unit forbids, and the files that the service wrote during speech.
SUBJECT=security
. ./library.sh

begin
exposure=$(systemd-analyze security edge-ser --no-pager | sed -n 's/.*Overall exposure level for edge-ser.service: \([0-9.]*\).*/\1/p')
prove "exposure $exposure is 0.8 or less" awk "BEGIN { exit !(\"$exposure\" != \"\" && $exposure <= 0.8) }"
echo "figure systemd-analyze security: $exposure"
verified=$(systemd-analyze verify edge-ser.service 2>&1)
prove "systemd-analyze verify has nothing to say" [ -z "$verified" ]
[ -z "$verified" ] || echo "$verified" | quote

# Audio is written nowhere.
pid=$(show MainPID)
touch /dev/shm/begun
sleep 1
before=$(sed -n 's/^write_bytes: //p' /proc/"$pid"/io)
prove "six sentences are played" play spoken.wav
sleep 2
prove "and heard" [ "$(finals)" -ge 6 ]
after=$(sed -n 's/^write_bytes: //p' /proc/"$pid"/io)
prove "the process wrote nothing to a disk: $((after - before)) bytes" [ "$after" -eq "$before" ]
open_files() {
    for fd in /proc/"$pid"/fdinfo/*; do
        flags=$((8#$(sed -n 's/^flags:[[:space:]]*//p' "$fd")))
        target=$(readlink "/proc/$pid/fd/${fd##*/}")
        case $target in /dev/null | socket:* | pipe:* | anon_inode:* | /dev/snd/* | /memfd:* | /proc/*) continue ;; esac
        [ $((flags & 3)) -eq 0 ] || echo "$target"
    done
}
prove "it has no file open for writing" [ -z "$(open_files)" ]
open_files | quote
changed() {
    find / -xdev -newer /dev/shm/begun -type f \
        -not -path '/proc/*' -not -path '/sys/*' -not -path '/var/log/journal/*' -not -path '/mnt/*'
    find /run /tmp /dev/shm /var/tmp -xdev -newer /dev/shm/begun -type f -size +0 \
        -not -path '/run/log/journal/*' -not -path '/run/systemd/*' -not -path '/run/udev/*' -not -path "$EVENTS"
}
prove "no file changed anywhere" [ -z "$(changed)" ]
changed | quote
prove "its state folder is empty" [ -z "$(find /var/lib/private/edge-ser -type f 2>/dev/null)" ]

# Another program with the properties of the unit.
install -D -m 644 probe.py /usr/local/lib/probe.py
mkdir -p /run/systemd/system/edge-ser.service.d
cat >/run/systemd/system/edge-ser.service.d/probe.conf <<'END'
[Service]
Type=oneshot
ExecStart=
ExecStart=/opt/edge-ser/bin/python /usr/local/lib/probe.py
ExecReload=
Restart=no
WatchdogSec=0
END
mark
systemctl daemon-reload
systemctl restart edge-ser
within 20 logged '^probe: the end'
journal | grep '^probe:' | quote
prove "a local socket is allowed" logged '^probe: AF_UNIX allowed'
for what in AF_INET AF_INET6 AF_NETLINK AF_PACKET /etc /etc/edge-ser /home /root /opt /opt/edge-ser /usr /var /var/lib /var/log /boot; do
    prove "refused: $what" logged "^probe: $what refused"
done
for what in /var/lib/edge-ser /run/edge-ser /tmp /var/tmp /dev/shm; do
    prove "not a byte into a file: $what" logged "^probe: $what refused"
done
exit 0
