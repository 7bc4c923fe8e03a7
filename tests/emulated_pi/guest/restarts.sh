# Fifty restarts in a row.
SUBJECT=restarts
. ./library.sh

begin
bad=0
begun=$(uptime_ms)
for _ in $(seq 50); do systemctl restart edge-ser && is_active || bad=$((bad + 1)); done
prove "50 restarts in a row, each active: $bad failed" [ $bad -eq 0 ]
echo "figure restart, mean of 50: $((($(uptime_ms) - begun) / 50)) ms"
prove "no automatic restart among them" restarts 0
prove "then listens" within 30 listens
prove "then hears" hears
exit 0
