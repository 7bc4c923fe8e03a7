# Faults of a service: killed, hung, its microphone gone, late or in use, muted, reloaded, stopped.
SUBJECT=faults
. ./library.sh

begin
prove "a sentence gets its label" hears

mark
systemctl kill -s KILL --kill-whom=main edge-ser
prove "kill -9: one restart" within 30 restarts 1
prove "kill -9: listens again" within 30 listens
prove "kill -9: hears again" hears
journal | grep -m1 'status=9/KILL' | quote

mark
begun=$(uptime_ms)
systemctl kill -s STOP --kill-whom=main edge-ser
prove "hang (SIGSTOP): the watchdog restarts it" within 60 restarts 1
echo "figure restart after a hang: $((($(uptime_ms) - begun) / 1000)) s"
prove "hang: listens again" within 30 listens
prove "hang: hears again" hears
journal | grep -im1 watchdog | quote

mark
plug_out
prove "unplugged: says so" within 10 said device-lost
prove "unplugged: stays active" is_active
sleep 5
plug_in
prove "plugged in again: listens" within 40 listens
prove "plugged in again: hears, without a restart" eval "hears && same_process"
journal | grep -m2 -iE 'microphone' | quote

systemctl stop edge-ser
modprobe -r snd_aloop
prove "no sound card: starts" systemctl start edge-ser
mark
prove "no sound card: active, and says what it waits for" eval "is_active && within 10 status_is 'waiting'"
echo "    > STATUS: $(show StatusText)"
sleep 20
load_card
prove "sound card comes: listens" within 40 listens
prove "sound card comes: hears, without a restart" eval "hears && same_process"

config=/etc/edge-ser/config.toml
cp $config /dev/shm/config.toml
in_use() { # WHAT: another program holds the microphone, then releases it.
    systemctl stop edge-ser
    arecord -q -D hw:Loopback,1,0 -f S16_LE -r 16000 -c 1 -t raw /dev/null &
    local recorder=$!
    sleep 1
    prove "$1 in use: starts" systemctl start edge-ser
    mark
    prove "$1 in use: active, and waits for it" eval "is_active && within 10 status_is 'waiting for it'"
    echo "    > STATUS: $(show StatusText)"
    sleep 5
    kill $recorder
    wait $recorder 2>/dev/null
    prove "$1 let go: listens" within 40 listens
    prove "$1 let go: hears, without a restart" eval "hears && same_process"
}
sed -i 's/^# device = .*/device = "hw:0,1"/' $config
in_use "a microphone set by name"
cp /dev/shm/config.toml $config

# The loopback has a second microphone without sound: PortAudio's default while the first is in use.  It is deaf, so after
# a minute the service opens the default microphone again.
systemctl stop edge-ser
arecord -q -D hw:Loopback,1,0 -f S16_LE -r 16000 -c 1 -t raw /dev/null &
recorder=$!
sleep 1
systemctl start edge-ser
mark
prove "the default microphone in use: says that the one instead is deaf" within 40 said deaf
kill $recorder
wait $recorder 2>/dev/null
prove "the default microphone let go: hears within two minutes, without a restart" eval "within 120 hears && same_process"
systemctl restart edge-ser
within 30 listens

mark
edge-ser mute --for 30m | quote
muted_at=$(uptime_ms)
prove "muted within a second" within 1 said muted
echo "figure muted after the command's end: $((($(uptime_ms) - muted_at))) ms"
sounds() { mark; play sentence.wav; sleep 2; [ "$(finals)" -eq 0 ]; }
prove "muted: hears nothing" sounds
echo "    > STATUS: $(show StatusText)"
systemctl restart edge-ser
prove "muted: a restart changes nothing" within 10 status_is '^muted'
mark
edge-ser unmute | quote
begun=$(uptime_ms)
prove "unmuted: listens" within 10 listens
echo "figure listens after unmute's end: $((($(uptime_ms) - begun))) ms"
prove "unmuted: hears" hears

mark
sed -i 's/^# hang_over = 0.3 /hang_over = 0.4 /' $config
prove "reload: ends well" systemctl reload edge-ser
prove "reload: says so" within 10 said reloaded
prove "reload: hears, in the same process" eval "hears && same_process"
mark
sed -i 's/^# longest = 15.0 /longest = 1000 /' $config
systemctl reload edge-ser
prove "reload of a wrong configuration: says why" within 10 said not-reloaded
journal | grep -m1 'longest' | quote
prove "reload of a wrong configuration: hears, in the same process" eval "hears && same_process"
cp /dev/shm/config.toml $config
systemctl reload edge-ser

mark
begun=$(uptime_ms)
systemctl stop edge-ser
took=$(($(uptime_ms) - begun))
prove "SIGTERM: ends within a second" [ $took -le 1000 ]
echo "figure systemctl stop: $took ms"
prove "SIGTERM: in good order" [ "$(show Result)" = success ]
journal | tail -3 | quote
exit 0
