# Processor time per second of audio, at one instruction per nanosecond, and memory.
SUBJECT=cost
. ./library.sh

cpu() { show CPUUsageNSec; }
windows() { # NAME BAR: three windows of 10 s, without the first; microseconds per second of audio
    local a b total=0
    sleep 10
    for _ in 1 2 3; do
        a=$(cpu); sleep 10; b=$(cpu)
        total=$((total + b - a))
    done
    awk -v name="$1" -v us=$((total / 30 / 1000)) 'BEGIN { printf "figure %s: %.2f ms a second of audio\n", name, us / 1000 }'
    prove "$1 costs at most $2 ms a second" [ $((total / 30 / 1000)) -le $(($2 * 1000)) ]
}

begin
windows "nobody plays (zeros)" 6
aplay -q -D plughw:Loopback,0,0 noise.wav & windows "a quiet room" 6; wait $!
aplay -q -D plughw:Loopback,0,0 speech.wav & windows "speech" 25; wait $!
prove "the speech got labels" [ "$(finals)" -ge 8 ]
group=/sys/fs/cgroup/system.slice/edge-ser.service
pid=$(show MainPID)
peak=$(awk '{ printf "%.1f", $1 / 1e6 }' $group/memory.peak)
resident=$(awk '/VmHWM/ { printf "%.1f", $2 * 1024 / 1e6 }' /proc/"$pid"/status)
echo "figure memory, peak of the control group: $peak MB"
echo "figure memory, largest resident set: $resident MB"
prove "memory at most 90 MB" awk "BEGIN { exit !($resident <= 90 && $peak <= 90) }"
exit 0
