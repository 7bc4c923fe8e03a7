# In the image with the service: a broker, espeak-ng, and all drop-ins that stay on this machine, with their libraries.
set -eu
apt-get update -qq
apt-get install -y -qq --no-install-recommends curl espeak-ng mosquitto mosquitto-clients >/dev/null
cd /root/edge-ser
.venv/bin/edge-ser service install --root / --with dashboard --with history --with metrics --with mqtt-local
