import { quoteWord } from '../ssh/quote.js';
import type { EnginePaths } from './engine-paths.js';
import { serviceManagers, type ServiceManager } from './service-manager.js';
import { hereDocument, type RemoteScript } from './remote-script.js';

/** The files that the host is to have. undefined: it stays as it is; null: it is to be absent. */
export interface EngineFiles {
  readonly daemonJson: string | undefined;
  /** Of the engine's unit; on OpenRC lines of its settings. */
  readonly dropIn: string | null;
  /** Environment of the engine; may hold passwords. */
  readonly env: string | null;
  readonly caPem: string | undefined;
  /** With `caPem` only; undefined: those on the host stay. */
  readonly server: { readonly certPem: string; readonly keyPem: string } | undefined;
}

/**
 * Brings the host's files in line, and the engine with them: replaced one by one, atomically, only where they differ;
 * then one restart (never `start`: with socket activation the old engine may already have come back) and a wait until
 * the API answers. Prints `result=unchanged`, `result=changed`, or `result=failed` with `journal=` lines.
 */
export function configureScript(
  files: EngineFiles,
  paths: EnginePaths,
  service: ServiceManager = serviceManagers.systemd,
): RemoteScript {
  const body = [preamble(paths), service.functions, ...steps(files, paths, service), restart].join('\n');
  return { title: 'configure Docker', body };
}

function steps(files: EngineFiles, paths: EnginePaths, service: ServiceManager): readonly string[] {
  const { daemonJson, daemonJsonBackup, tlsFolder, dropIn } = paths;
  return [
    ...(files.daemonJson === undefined
      ? []
      : [`keep ${quoteWord(daemonJson)} ${quoteWord(daemonJsonBackup)}`, put(daemonJson, '644', files.daemonJson)]),
    ...(files.caPem === undefined
      ? []
      : [put(`${tlsFolder}/ca.pem`, '644', files.caPem), ...serverSteps(files, tlsFolder)]),
    files.env === null ? `drop ${quoteWord(paths.env)}` : put(paths.env, '600', files.env),
    ...(service === serviceManagers.openrc
      ? [blockStep(paths.serviceSettings, files.dropIn)]
      : unitStep(dropIn, files)),
  ];
}

const unitStep = (path: string, { dropIn }: EngineFiles): readonly string[] => [
  dropIn === null ? `drop ${quoteWord(path)}` : put(path, '644', dropIn),
];

/** Our lines in a file that is the user's. */
const blockStep = (path: string, lines: string | null): string =>
  `block ${quoteWord(path)} ${lines === null ? '</dev/null' : hereDocument(lines)}`;

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
block() {
  ours=$(cat)
  [ -e "$1" ] || [ -n "$ours" ] || return 0
  {
    [ ! -e "$1" ] || sed '/^# swarmup begin/,/^# swarmup end/d' "$1"
    [ -z "$ours" ] || printf '# swarmup begin (removed and written anew by swarmup)\\n%s\\n# swarmup end\\n' "$ours"
  } | put "$1" 644 || exit
}
api() {
  if have curl; then curl -fs --max-time 5 --unix-socket "$socket" -o /dev/null http://docker/_ping
  elif have docker; then DOCKER_HOST=unix://$socket timeout 5 docker version >/dev/null 2>&1
  else service_is_active; fi
}
failed() {
  echo result=failed
  echo "reason=$1"
  service_log |
    grep -v "level=info\\|level=debug" | tail -n 20 | sed "s/^/journal=/"
  exit 0
}
`;

const restart = `
service_enable
if [ ! -e "$pending" ] && service_is_active && api; then echo result=unchanged; exit 0; fi
service_restart
tries=0
until api; do
  service_is_active || failed 'the service docker ended again'
  tries=$((tries + 1))
  [ $tries -lt 150 ] || failed 'its API does not answer'
  sleep 0.2
done
rm -f "$pending"
echo result=changed
`;
