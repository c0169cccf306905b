# Shared by quickstart and test. Sourced, not run. POSIX sh.

say() { printf '\n==> %s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Root does it directly, everybody else by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else die "this needs root and there is no sudo: $*"; fi
}

need_node() {
  command -v node >/dev/null 2>&1 || die "Node.js is missing: install version 20.17 or newer"
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 17) ? 0 : 1)' ||
    die "Node.js $(node -v) is too old: swarmup needs 20.17 or newer"
}

# apt_install PACKAGE...: only what is missing; the lists are fetched only when they are needed.
apt_install() {
  missing=
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 || die "install these with your package manager, then run this again:$missing"
  say "installing$missing"
  as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of package names
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Is there an engine? Asked without the docker CLI, which may be missing or point into a swarm host (swarmup env).
engine_answers() {
  node -e '
    const r = require("http").get({ socketPath: "/var/run/docker.sock", path: "/_ping", timeout: 3000 }, (a) => process.exit(a.statusCode === 200 ? 0 : 1));
    r.on("error", () => process.exit(1)); r.on("timeout", () => process.exit(1));'
}

# Starts an engine if none answers; installs the distribution's when there is none. Never changes one that is there.
ensure_engine() {
  engine_answers && return 0
  command -v dockerd >/dev/null 2>&1 || apt_install docker.io iptables
  if [ -d /run/systemd/system ]; then
    say "starting Docker Engine (systemctl)"
    as_root systemctl start docker
  elif ! pgrep -x dockerd >/dev/null 2>&1; then
    say "starting Docker Engine (there is no init system here: it ends with this machine)"
    as_root sh -c 'setsid dockerd >>/var/log/swarmup-dockerd.log 2>&1 </dev/null &'
  fi
  tries=0
  until engine_answers; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || { engine_failure; return 1; }
    sleep 0.25
  done
}

engine_failure() {
  tail -n 5 /var/log/swarmup-dockerd.log 2>/dev/null >&2
  if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
    echo "error: $(id -un) may not use Docker: sudo usermod -aG docker $(id -un), log in again, run this again" >&2
  else
    echo "error: Docker Engine does not answer on /var/run/docker.sock" >&2
  fi
}

# The node image is built from a base image of a registry, or, where none is reached, from distribution packages.
ensure_image_source() {
  command -v mmdebstrap >/dev/null 2>&1 || command -v debootstrap >/dev/null 2>&1 && return 0
  node "$root/script/lib/registry-reachable.mjs" && return 0
  say "no container registry is reachable: the node image will be made from Debian packages"
  apt_install mmdebstrap
}
