# Real recordings at the microphone: labels in the journal and on the socket, which run.py compares with the host's.
SUBJECT=labels
. ./library.sh

begin
prove "six sentences are played" play spoken.wav
sleep 2
prove "a label for each on the socket" [ "$(finals)" -eq 6 ]
prove "and in the journal" [ "$(journal | grep -cE '^[0-9:.]+ - [0-9:.]+ ')" -eq 6 ]
journal | grep -E '^[0-9:.]+ - [0-9:.]+ ' | quote
prove "no audio was lost" eval '! grep -q overflow $EVENTS'
tail -n +$((SEEN + 1)) $EVENTS >/mnt/out/events.jsonl
/opt/edge-ser/bin/edge-ser listen --input spoken.wav --format json >/mnt/out/from_file.jsonl
golden() { (cd / && /opt/edge-ser/bin/python /payload/edge-ser/tests/golden/vectors.py); }
prove "features bit-identical" golden
exit 0
