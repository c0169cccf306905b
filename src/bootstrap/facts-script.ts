import type { RemoteScript } from './remote-script.js';

/**
 * Prints the facts of a host, one `key=value` on each line; a key repeats for each line of a longer text. Changes
 * nothing: it does not even start the engine through its socket.
 */
export const factsScript: RemoteScript = {
  title: 'read facts',
  body: `
say() { printf '%s=%s\\n' "$1" "$2"; }
lines() { sed "s/^/$1=/"; echo; }
echo swarmup-facts=1
say uid "$(id -u)"
lines os </etc/os-release
say arch "$(uname -m)"
say kernel "$(uname -r)"
say hostname "$(uname -n)"
say machine-id "$(cat /etc/machine-id 2>/dev/null)"
if [ -d /run/systemd/system ]; then init=systemd; elif [ -d /run/openrc ]; then init=openrc; else init=none; fi
say init "$init"

if have ip; then
  ip -o addr show | lines address
  ip -4 route show | lines route4
  ip -6 route show default 2>/dev/null | lines default6
fi
for mtu in /sys/class/net/*/mtu; do
  name=\${mtu%/mtu}
  [ ! -r "$mtu" ] || say mtu "\${name##*/} $(cat "$mtu")"
done
[ ! -r /etc/resolv.conf ] || sed -n 's/^nameserver[[:space:]]*//p' /etc/resolv.conf | lines nameserver

df -Pk /var/lib | sed 1d | lines disk
say memory "$(sed -n 's/^MemTotal: *//p' /proc/meminfo)"
ipvs=no
if [ -d /proc/sys/net/ipv4/vs ]; then ipvs=yes; else
  for list in builtin dep; do
    grep -q '/ip_vs\\.ko' "/lib/modules/$(uname -r)/modules.$list" 2>/dev/null && ipvs=yes
  done
fi
say ipvs "$ipvs"
say apparmor "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)"
cloud=absent
if have cloud-init; then
  cloud=done
  [ ! -e /run/cloud-init/enabled ] || [ -e /run/cloud-init/result.json ] || cloud=running
fi
say cloud-init "$cloud"

if have dockerd; then
  say dockerd "$(command -v dockerd)"
  say dockerd-version "$(dockerd --version)"
  running=no
  if [ "$init" = systemd ]; then
    systemctl is-active --quiet docker.service && running=yes
    systemctl cat docker.service 2>/dev/null | lines unit
  else
    kill -0 "$(cat /var/run/docker.pid 2>/dev/null)" 2>/dev/null && running=yes
    [ ! -e /etc/init.d/docker ] || cat /etc/conf.d/docker 2>/dev/null /etc/init.d/docker | lines unit
  fi
  say running "$running"
fi
daemon=/etc/docker/daemon.json
[ ! -e $daemon.held-by-swarmup ] || daemon=$daemon.held-by-swarmup
[ ! -r $daemon ] || { echo daemon-json=; lines daemon-json <$daemon; }
before=/etc/docker/daemon.json.before-swarmup
[ ! -r $before ] || { echo daemon-json-before=; lines daemon-json-before <$before; }
[ ! -r /etc/docker/swarmup/server-cert.pem ] || [ ! -s /etc/docker/swarmup/server-key.pem ] ||
  lines server-cert </etc/docker/swarmup/server-cert.pem
say clock "$(date +%s.%N)"
echo end=1
`,
};
