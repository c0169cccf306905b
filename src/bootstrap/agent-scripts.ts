import { quote, quoteWord } from '../lib/quote.js';
import type { AgentFiles } from './agent-files.js';
import { agentUnit, oldestNode, type AgentPaths } from './agent-paths.js';
import { hereDocument, type RemoteScript } from './remote-script.js';

/** Sets $node and $version to the first Node.js that is new enough; $old to a version that is not. */
const findNode = ({ runtime }: AgentPaths): string => `
node=
old=
for candidate in node nodejs ${quoteWord(runtime)}; do
  path=$(command -v "$candidate") || continue
  version=$("$path" --version 2>/dev/null) || continue
  major=\${version#v}
  if [ "\${major%%.*}" -ge ${oldestNode} ] 2>/dev/null; then node=$path; break; fi
  old=$version
done
`;

/** Sets $edit to what makes the unit the host's own: the path of Node.js, and nothing put over files that are not there. */
const fitUnit = (unit: string): string => `
edit="s|@NODE@|$node|"
for file in ${quote(hiddenFiles(unit))}; do [ -e "$file" ] || edit="$edit; \\|:$file\$|d"; done
`;

/** Over which the agent's unit puts an empty one. */
const hiddenFiles = (unit: string): readonly string[] =>
  [...unit.matchAll(/^BindReadOnlyPaths=[^:\n]+:(.+)$/gm)].map(([, file = '']) => file);

/**
 * Installs the agent, or brings it up to date: its user, its file, its unit; running, and starting at boot. Restarts it
 * only for a change. Prints `result=no-node` (nothing was touched; `old=` has a version that is too old), `unchanged`,
 * `installed` (it was not there before), or `upgraded`; then `node=` with the version that runs it.
 */
export function installAgentScript(files: AgentFiles, paths: AgentPaths): RemoteScript {
  return {
    title: 'install the agent',
    body: `
umask 022
die() { echo "$1" >&2; exit 1; }
${findNode(paths)}
if [ -z "$node" ]; then echo result=no-node; echo "old=$old"; exit 0; fi
${fitUnit(files.unit)}
pending=${quoteWord(paths.restartPending)}
mark() { : >"$pending" || die "cannot write $pending"; }
before=upgraded
[ -e ${quoteWord(paths.unit)} ] || before=installed
put() {
  mkdir -p "\${1%/*}" || die "cannot make \${1%/*}"
  sed "$edit" >"$1.new" && chmod 644 "$1.new" || { rm -f "$1.new"; die "cannot write $1"; }
  if cmp -s "$1.new" "$1"; then rm -f "$1.new"; else
    mark
    mv -f "$1.new" "$1" || die "cannot write $1"
  fi
}
getent group docker >/dev/null || die 'there is no group docker, whose members may use the engine'
id -u swarmup-agent >/dev/null 2>&1 ||
  useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin swarmup-agent ||
  die 'cannot make the user swarmup-agent'
put ${quoteWord(paths.program)} ${hereDocument(files.program)}
put ${quoteWord(paths.unit)} ${hereDocument(files.unit)}
enabled=no
systemctl is-enabled --quiet ${agentUnit} 2>/dev/null && enabled=yes
[ $enabled = yes ] && systemctl is-active --quiet ${agentUnit} || mark
if [ -e "$pending" ]; then
  # Most systemds need no reload, which takes a fifth of a second, for a unit that they have never seen.
  [ $enabled = yes ] || systemctl enable --quiet --no-reload ${agentUnit} || die 'cannot enable ${agentUnit}'
  [ $before = installed ] || systemctl daemon-reload || die 'systemctl daemon-reload failed'
  systemctl restart ${agentUnit} 2>/dev/null ||
    { systemctl daemon-reload && systemctl restart ${agentUnit}; } || die 'cannot start ${agentUnit}'
  rm -f "$pending"
  echo result=$before
else
  echo result=unchanged
fi
echo "node=$version"
`,
  };
}

/** Takes everything of the agent away. Prints `result=removed` or `result=unchanged`. */
export function removeAgentScript(paths: AgentPaths): RemoteScript {
  const files = [paths.unit, paths.program, paths.runtime].map(quoteWord).join(' ');
  return {
    title: 'remove the agent',
    body: `
result=unchanged
if [ -e ${quoteWord(paths.unit)} ]; then
  systemctl disable --quiet --now ${agentUnit} || { echo 'cannot stop ${agentUnit}' >&2; exit 1; }
fi
for file in ${files}; do
  if [ -e "$file" ]; then result=removed; rm -f "$file" || exit; fi
done
if [ -e ${quoteWord(paths.state)} ]; then result=removed; rm -rf ${quoteWord(paths.state)} || exit; fi
if id -u swarmup-agent >/dev/null 2>&1; then result=removed; userdel swarmup-agent || exit; fi
[ $result = unchanged ] || systemctl daemon-reload
echo result=$result
`,
  };
}

/**
 * Prints the state of the agent of a host without changing anything: `unit=` (the state in systemd: active, failed,
 * inactive; absent), `version=`, `node=`, `memory=` (bytes charged to it), `restarts=`, and for a unit that is not
 * active the last lines of its journal as `journal=`. `journal: 'always'`: else the lines since its start.
 */
export function agentStateScript(paths: AgentPaths, journal: 'when-down' | 'always' = 'when-down'): RemoteScript {
  const sinceStart = `journalctl "_SYSTEMD_INVOCATION_ID=$(show InvocationID)" -n 20 --no-pager -o cat`;
  return {
    title: 'inspect the agent',
    body: `
if [ ! -e ${quoteWord(paths.unit)} ]; then echo unit=absent; exit 0; fi
show() { systemctl show -p "$1" --value ${agentUnit}; }
unit=$(show ActiveState)
echo "unit=$unit"
sed -n 's/^Environment=SWARMUP_AGENT_VERSION=/version=/p' ${quoteWord(paths.unit)}
node=$(sed -n 's/^ExecStart=\\([^ ]*\\) .*/\\1/p' ${quoteWord(paths.unit)})
echo "node=$("$node" --version 2>/dev/null)"
echo "memory=$(show MemoryCurrent)"
echo "restarts=$(show NRestarts)"
{
  if [ "$unit" != active ]; then journalctl -u ${agentUnit} -n 20 --no-pager -o cat
  ${journal === 'always' ? `else ${sinceStart}` : ''}
  fi
} 2>/dev/null | sed 's/^/journal=/'
`,
  };
}
