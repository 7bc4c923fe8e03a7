# In the image with the checkout, brought up to date: the service, into a system that does not run yet.
set -eu
cp -r /payload/edge-ser/. /root/edge-ser
cd /root/edge-ser
.venv/bin/edge-ser service install --root /
