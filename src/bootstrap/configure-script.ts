import { quoteWord } from '../lib/quote.js';
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
  /**
   * daemon.json with live-restore, which keeps containers running over a restart, and with it off again; undefined: it
   * has it anyway.
   */
  readonly liveRestore: { readonly on: string; readonly off: string } | undefined;
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
  const body = [preamble(paths, service), ...steps(files, paths, service), ...restartSteps(files.liveRestore)];
  return { title: 'configure Docker', body: [...body, 'echo "result=$result"'].join('\n') };
}

/**
 * Removes the files of `configureScript` from a host, and its swarm membership if the node is `nodeId`; restores the
 * earlier daemon.json. Containers keep running. Prints the same results.
 */
export function restoreScript(
  nodeId: string | null,
  liveRestore: EngineFiles['liveRestore'],
  paths: EnginePaths,
  service: ServiceManager = serviceManagers.systemd,
): RemoteScript {
  const { daemonJson, daemonJsonBackup, tlsFolder, dropIn } = paths;
  const ours = ['ca.pem', 'server-cert.pem', 'server-key.pem'].map((file) => quoteWord(`${tlsFolder}/${file}`));
  const body = [
    preamble(paths, service),
    ...(nodeId === null ? [] : [`leave ${quoteWord(nodeId)}`]),
    ...(service === serviceManagers.openrc
      ? [blockStep(paths.serviceSettings, null)]
      : [`drop ${quoteWord(dropIn)}`, `rmdir ${quoteWord(dropIn.slice(0, dropIn.lastIndexOf('/')))} 2>/dev/null`]),
    `drop ${quoteWord(paths.env)}`,
    `restore ${quoteWord(daemonJson)} ${quoteWord(daemonJsonBackup)}`,
    ...restartSteps(liveRestore),
    // After the restart: the engine had them in use.
    `rm -f ${ours.join(' ')}; rmdir ${quoteWord(tlsFolder)} 2>/dev/null`,
    'echo "result=$result"',
  ];
  return { title: 'restore Docker', body: body.join('\n') };
}

const restartSteps = (liveRestore: EngineFiles['liveRestore']): readonly string[] =>
  liveRestore === undefined
    ? ['hold() { :; }', 'restart']
    : [
        `live_on() { cat ${hereDocument(liveRestore.on)}\n}`,
        `live_off() { cat ${hereDocument(liveRestore.off)}\n}`,
        'restart',
      ];

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

const liveRestoreFunctions = `info() { DOCKER_HOST=unix://$socket timeout 10 docker info --format "$1" 2>/dev/null; }
reload_live() {
  "live_$1" >"$daemon.new" && chmod 644 "$daemon.new" && mv -f "$daemon.new" "$daemon" || return
  service_reload || return
  tries=0
  until [ "$(info '{{.LiveRestoreEnabled}}')" = "$2" ]; do
    tries=$((tries + 1))
    [ $tries -lt 25 ] || return
    sleep 0.2
  done
}
# running containers survive a restart of dockerd with live-restore only; swarm mode forbids it
hold() {
  service_is_active && have docker || return 0
  case $(info '{{.ContainersRunning}} {{.Swarm.LocalNodeState}}') in
    '0 '*) return 0 ;;
    *' inactive') ;;
    *) return 0 ;;
  esac
  keep "$daemon" "$held"
  holding=1
  trap release EXIT
  trap 'exit 1' HUP INT TERM
  reload_live on true || failed 'live-restore, which keeps its containers running, cannot be switched on'
}
release() {
  [ -n "$holding" ] || return 0
  holding=
  reload_live off false
  put_back "$daemon" "$held"
}
# what an interrupted run left
recover() {
  [ -e "$held" ] || return 0
  mark
  put_back "$daemon" "$held"
}
`;

const preamble = (paths: EnginePaths, service: ServiceManager): string => `
pending=${quoteWord(paths.restartPending)}
socket=${quoteWord(paths.socket)}
daemon=${quoteWord(paths.daemonJson)}
held=${quoteWord(paths.daemonJsonHeld)}
holding=
result=unchanged
umask 077
${fileFunctions}${engineFunctions}${liveRestoreFunctions}${service.functions}
recover
`;

const fileFunctions = `
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
leave() {
  [ "$(info '{{.Swarm.NodeID}}')" != "$1" ] || docker swarm leave --force >/dev/null || die 'cannot leave the swarm'
}
put_back() {
  if [ "$(cat "$2")" = '{}' ]; then rm -f "$1" "$2"; else mv -f "$2" "$1"; fi || die "cannot restore $1"
}
restore() {
  [ -e "$2" ] || return 0
  mark
  put_back "$1" "$2"
}
block() {
  ours=$(cat)
  [ -e "$1" ] || [ -n "$ours" ] || return 0
  {
    [ ! -e "$1" ] || sed '/^# swarmup begin/,/^# swarmup end/d' "$1"
    [ -z "$ours" ] || printf '# swarmup begin (removed and written anew by swarmup)\\n%s\\n# swarmup end\\n' "$ours"
  } | put "$1" 644 || exit
}
`;

const engineFunctions = `
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
restart() {
  service_enable
  [ -e "$pending" ] || ! service_is_active || ! api || return 0
  hold
  service_restart
  tries=0
  until api; do
    service_is_active || failed 'the service docker ended again'
    tries=$((tries + 1))
    [ $tries -lt 150 ] || failed 'its API does not answer'
    sleep 0.2
  done
  release
  rm -f "$pending"
  result=changed
}
`;
