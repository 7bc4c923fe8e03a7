# In the image with the updated checkout: installs the service into a system that is not running yet.
set -eu
cp -r /payload/edge-ser/. /root/edge-ser
cd /root/edge-ser
.venv/bin/edge-ser service install --root /
