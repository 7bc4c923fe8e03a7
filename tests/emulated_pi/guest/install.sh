# `edge-ser service install` in a running system, with network access, from the checkout; a second time; then uninstall.
SUBJECT=install
. ./library.sh

cp -r /payload/edge-ser/. /root/edge-ser
cd /root/edge-ser
.venv/bin/edge-ser service install | quote
prove "service install ends well" [ "${PIPESTATUS[0]}" -eq 0 ]
prove "active" within 60 is_active
prove "starts with the machine" systemctl is-enabled --quiet edge-ser
prove "edge-ser can be called by its name" /usr/local/bin/edge-ser --version
cd /payload
read_events
prove "listens" within 60 listens
mark
prove "a sentence gets its label on the socket" hears
prove "and in the journal" logged '^[0-9:.]+ - [0-9:.]+ '
journal | grep -E '^[0-9:.]+ - [0-9:.]+ ' | quote

find /opt/edge-ser /etc/edge-ser /etc/systemd/system /usr/local/bin -printf '%p %T@ %l\n' | sort >/tmp/before
pid=$(show MainPID)
cd /root/edge-ser
prove "a second run ends well" .venv/bin/edge-ser service install
find /opt/edge-ser /etc/edge-ser /etc/systemd/system /usr/local/bin -printf '%p %T@ %l\n' | sort >/tmp/after
prove "and changes no file" diff -q /tmp/before /tmp/after
diff /tmp/before /tmp/after | head -20
prove "nor the running service" [ "$(show MainPID)" = "$pid" ]

echo '# mine' >>/etc/edge-ser/config.toml
prove "uninstall ends well" edge-ser service uninstall
left() { find / -xdev \( -path /root -o -path /proc -o -path /payload -o -path /mnt \) -prune -o -iname '*edge*ser*' -print; }
prove "it leaves the owner's configuration alone" [ "$(left | sort | tr '\n' ' ')" = "/etc/edge-ser " ]
left | quote
prove "and nothing runs" [ "$(systemctl is-active edge-ser)" != active ]
prove "installed again" .venv/bin/edge-ser service install
prove "with the owner's configuration" grep -q '^# mine' /etc/edge-ser/config.toml
prove "uninstall --purge ends well" edge-ser service uninstall --purge
prove "it leaves nothing" [ -z "$(left)" ]
left | quote
exit 0
