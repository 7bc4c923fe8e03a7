# In a bare Debian 12, as root, with network: what README.md tells people to do up to the first labels.
set -eu
apt-get update -qq
apt-get install -y -qq git make >/dev/null
cp -r /payload/edge-ser /root/edge-ser
cd /root/edge-ser
make listen   # there is no microphone here: it plays the demonstration
