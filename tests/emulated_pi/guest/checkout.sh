# In a bare Debian 12, as root, with network access: the steps of README.md up to the first labels.
set -eu
apt-get update -qq
apt-get install -y -qq git make >/dev/null
cp -r /payload/edge-ser /root/edge-ser
cd /root/edge-ser
make listen   # without a microphone it plays the demonstration
