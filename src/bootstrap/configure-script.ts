import { quoteWord } from '../ssh/quote.js';
import type { EnginePaths } from './engine-paths.js';
import { hereDocument, type RemoteScript } from './remote-script.js';

/** The files that the host is to have. undefined: it stays as it is; null: it is to be absent. */
export interface EngineFiles {
  readonly daemonJson: string | undefined;
  readonly dropIn: string | null;
  readonly caPem: string | undefined;
  /** With `caPem` only; undefined: those on the host stay. */
  readonly server: { readonly certPem: string; readonly keyPem: string } | undefined;
}

/**
 * Brings the host's files in line, and the engine with them: replaced one by one, atomically, only where they differ;
 * then one restart (never `start`: with socket activation the old engine may already have come back) and a wait until
 * the API answers. Prints `result=unchanged`, `result=changed`, or `result=failed` with `journal=` lines.
 */
export function configureScript(files: EngineFiles, paths: EnginePaths): RemoteScript {
  return { title: 'configure Docker', body: [preamble(paths), ...steps(files, paths), restart].join('\n') };
}

function steps(files: EngineFiles, paths: EnginePaths): readonly string[] {
  const { daemonJson, daemonJsonBackup, tlsFolder, dropIn } = paths;
  return [
    ...(files.daemonJson === undefined
      ? []
      : [`keep ${quoteWord(daemonJson)} ${quoteWord(daemonJsonBackup)}`, put(daemonJson, '644', files.daemonJson)]),
    ...(files.caPem === undefined
      ? []
      : [put(`${tlsFolder}/ca.pem`, '644', files.caPem), ...serverSteps(files, tlsFolder)]),
    files.dropIn === null ? `drop ${quoteWord(dropIn)}` : put(dropIn, '644', files.dropIn),
  ];
}

/** A new certificate is written last, and the old one goes first: where there is one, it fits its key. */
function serverSteps({ server }: EngineFiles, tlsFolder: string): readonly string[] {
  const [cert, key] = [`${tlsFolder}/server-cert.pem`, `${tlsFolder}/server-key.pem`];
  if (server === undefined) return [`chmod 600 ${quoteWord(key)} || exit`];
  return [`rm -f ${quoteWord(cert)}`, put(key, '600', server.keyPem), put(cert, '644', server.certPem)];
}

const put = (path: string, mode: string, text: string): string =>
  `put ${quoteWord(path)} ${mode} ${hereDocument(text)}`;

const preamble = (paths: EnginePaths): string => `
pending=${quoteWord(paths.restartPending)}
socket=${quoteWord(paths.socket)}
umask 077
die() { echo "$1" >&2; exit 1; }
mark() { : >"$pending" || die "cannot write $pending"; }
put() {
  (umask 022; mkdir -p "\${1%/*}") || die "cannot make \${1%/*}"
  cat >"$1.new" && chmod "$2" "$1.new" || { rm -f "$1.new"; die "cannot write $1"; }
  if cmp -s "$1.new" "$1"; then chmod "$2" "$1"; rm -f "$1.new"; else
    mark
    mv -f "$1.new" "$1" || die "cannot write $1"
  fi
}
keep() {
  [ ! -e "$2" ] || return 0
  if [ -e "$1" ]; then cp -p "$1" "$2"; else (umask 022; mkdir -p "\${2%/*}"; echo '{}' >"$2"); fi || die "cannot write $2"
}
drop() {
  if [ -e "$1" ]; then mark; rm -f "$1" || die "cannot remove $1"; fi
}
api() {
  if have curl; then curl -fs --max-time 5 --unix-socket "$socket" -o /dev/null http://docker/_ping
  elif have docker; then DOCKER_HOST=unix://$socket timeout 5 docker version >/dev/null 2>&1
  else systemctl is-active --quiet docker.service; fi
}
failed() {
  echo result=failed
  echo "reason=$1"
  journalctl -u docker.service -n 100 --no-pager -o cat 2>/dev/null |
    grep -v "level=info\\|level=debug" | tail -n 20 | sed "s/^/journal=/"
  exit 0
}
`;

const restart = `
for unit in docker.socket docker.service; do
  [ "$(systemctl is-enabled "$unit" 2>/dev/null)" != disabled ] || systemctl enable --quiet "$unit" || die "cannot enable $unit"
done
if [ ! -e "$pending" ] && systemctl is-active --quiet docker.service && api; then echo result=unchanged; exit 0; fi
systemctl daemon-reload || die 'systemctl daemon-reload failed'
# else the start limit of earlier failures refuses this one
systemctl reset-failed docker.service docker.socket 2>/dev/null
timeout 90 systemctl restart docker.service 2>/dev/null || failed "systemctl restart docker ended with status $?"
tries=0
until api; do
  systemctl is-active --quiet docker.service || failed 'docker.service ended again'
  tries=$((tries + 1))
  [ $tries -lt 150 ] || failed 'its API does not answer'
  sleep 0.2
done
rm -f "$pending"
echo result=changed
`;
