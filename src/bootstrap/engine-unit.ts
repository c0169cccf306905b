import { SwarmupError } from '../lib/errors.js';
import { enginePaths } from './engine-paths.js';

/**
 * Our drop-in for docker.service: the command line it has now, with a TLS listener added. Socket activation
 * (`-H fd://`) and everything else on that line stays. `unit`: the output of `systemctl cat docker.service`.
 * Errors: ENGINE_CONFIG_CONFLICT when the line has TLS flags or that port already, or a later drop-in would undo ours;
 * ENGINE_UNIT_UNREADABLE when there is no command line.
 */
export function tlsDropIn(host: string, unit: string, port = 2376, paths = enginePaths): string {
  const found = execStartOf(unit, paths.dropIn);
  if (found === undefined)
    throw new SwarmupError('ENGINE_UNIT_UNREADABLE', `docker.service of ${host} has no ExecStart`, {
      host,
      hints: [`look at it: swarmup ssh ${host} -- systemctl cat docker.service`],
    });
  const problem = conflictIn(found, port);
  if (problem !== undefined)
    throw new SwarmupError('ENGINE_CONFIG_CONFLICT', `${problem} on ${host}`, {
      host,
      hints: [
        `remove that setting (swarmup ssh ${host}), then run the same command again`,
        'or leave the listeners of the engine alone: --no-tls',
      ],
    });
  const words = found.command.split(/\s+/);
  // A -H replaces dockerd's default socket; without one it has to be named now.
  const socket = words.some((word) => /^(-H|--host)/.test(word)) ? '' : ' -H unix:///var/run/docker.sock';
  const tls = paths.tlsFolder;
  return `# Written by swarmup: serves the engine on TLS too. Remove it, daemon-reload and restart docker to undo that.
[Service]
ExecStart=
ExecStart=${found.command}${socket} -H tcp://0.0.0.0:${String(port)} --tlsverify --tlscacert=${tls}/ca.pem --tlscert=${tls}/server-cert.pem --tlskey=${tls}/server-key.pem
`;
}

interface ExecStart {
  readonly command: string;
  /** The file that sets it. */
  readonly file: string;
  /** It comes after our drop-in and would win over it. */
  readonly late: boolean;
}

/** The ExecStart that is in force without our drop-in. */
function execStartOf(unit: string, ownPath: string): ExecStart | undefined {
  let found: ExecStart | undefined;
  let file = '';
  let ownSeen = false;
  let inService = false;
  for (const line of unit.replaceAll(/[ \t]*\\\r?\n\s*/g, ' ').split('\n')) {
    const header = /^# (\/\S+\.(?:service|conf))$/.exec(line)?.[1];
    if (header !== undefined) {
      file = header;
      ownSeen ||= file === ownPath;
      inService = false;
    }
    const section = /^\[([\w-]+)\]/.exec(line)?.[1];
    if (section !== undefined) inService = section === 'Service';
    const value = inService && file !== ownPath ? /^ExecStart\s*=\s*(.*?)\s*$/.exec(line)?.[1] : undefined;
    if (value !== undefined) {
      // Where our drop-in is not there yet, what would come after it sorts after its name.
      const late = ownSeen || (file.includes('/docker.service.d/') && nameOf(file) > nameOf(ownPath));
      found = value === '' ? undefined : { command: value, file, late };
    }
  }
  return found;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function conflictIn({ command, file, late }: ExecStart, port: number): string | undefined {
  if (late) return `${file} sets the command line of docker.service after our drop-in`;
  const flag = /(?<=\s)--tls\w*/.exec(command)?.[0];
  if (flag !== undefined) return `${file} already sets ${flag} for the engine`;
  if (new RegExp(`tcp://\\S*:${String(port)}\\b`).test(command))
    return `${file} already opens port ${String(port)} of the engine`;
  return undefined;
}
