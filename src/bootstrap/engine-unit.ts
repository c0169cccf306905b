import { SwarmupError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';
import { enginePaths, type EnginePaths } from './engine-paths.js';

/** The additions to the engine's service. */
export interface EngineService {
  readonly tls: boolean;
  /** Where TLS is served; default 2376. */
  readonly tlsPort?: number | undefined;
  /** Environment of dockerd. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** Our drop-in for docker.service; null when there is nothing to add. `unit`, errors: as `tlsCommand`. */
export function engineDropIn(
  host: string,
  unit: string,
  { tls, tlsPort = 2376, env }: EngineService,
  paths = enginePaths,
): string | null {
  if (!tls && env === undefined) return null;
  return [
    '# Written by swarmup. Remove it, daemon-reload and restart docker to undo that.',
    '[Service]',
    // The minus: the engine also starts if the file was removed.
    ...(env === undefined ? [] : [`EnvironmentFile=-${paths.env}`]),
    ...(tls ? ['ExecStart=', `ExecStart=${tlsCommand(host, unit, tlsPort, paths)}`] : []),
    '',
  ].join('\n');
}

/** The text that systemd.exec(5) reads as an EnvironmentFile. */
export const environmentFile = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\$`]/g, String.raw`\$&`)}"\n`)
    .join('');

/** The flags that serve the engine on TLS too. */
export const tlsFlags = (port: number, { tlsFolder }: EnginePaths): string =>
  `-H tcp://0.0.0.0:${port} --tlsverify --tlscacert=${tlsFolder}/ca.pem --tlscert=${tlsFolder}/server-cert.pem --tlskey=${tlsFolder}/server-key.pem`;

/**
 * The present command line of docker.service, with a TLS listener added. Socket activation (`-H fd://`) and all other
 * options stay; of docker-machine's command line, only its own TLS listener is removed. `unit`: the output of
 * `systemctl cat docker.service`. Errors: ENGINE_CONFIG_CONFLICT if the line already has TLS flags or that port, or if
 * a later drop-in would undo ours; ENGINE_UNIT_UNREADABLE if there is no command line.
 */
function tlsCommand(host: string, unit: string, port: number, paths: EnginePaths): string {
  const found = execStartOf(unit, paths.dropIn);
  if (found === undefined)
    throw new SwarmupError('ENGINE_UNIT_UNREADABLE', `docker.service of ${host} has no ExecStart`, {
      host,
      hints: [`look at it: ${swarmup`ssh ${host} -- systemctl cat docker.service`}`],
    });
  const problem = isDockerMachines(found) ? undefined : conflictIn(found, port);
  if (problem !== undefined)
    throw new SwarmupError('ENGINE_CONFIG_CONFLICT', `${problem} on ${host}`, {
      host,
      hints: [
        `remove that setting (${swarmup`ssh ${host}`}), then run the same command again`,
        'or keep the addresses of the engine: --no-tls',
      ],
    });
  const command = isDockerMachines(found) ? withoutListeners(found.command) : found.command;
  const words = command.split(/\s+/);
  // A -H replaces dockerd's default socket; without one it has to be named now.
  const socket = words.some((word) => /^(-H|--host)/.test(word)) ? '' : ' -H unix:///var/run/docker.sock';
  return `${command}${socket} ${tlsFlags(port, paths)}`;
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

/** Of a host that docker-machine provisioned: ours takes over from it, and it is in force again when ours goes. */
const isDockerMachines = ({ file, late }: ExecStart): boolean => !late && nameOf(file) === '10-machine.conf';

/** Its other settings (storage driver, labels, registries) stay. */
const withoutListeners = (command: string): string =>
  command.replaceAll(/\s+(?:-H|--host)[ =]tcp:\S+|\s+--tls(?:verify)?(?=\s|$)|\s+--tls(?:cacert|cert|key)[ =]\S+/g, '');

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function conflictIn({ command, file, late }: ExecStart, port: number): string | undefined {
  if (late) return `${file} sets the command line of docker.service after the drop-in of swarmup`;
  const flag = /(?<=\s)--tls\w*/.exec(command)?.[0];
  if (flag !== undefined) return `${file} already sets ${flag} for the engine`;
  if (new RegExp(`tcp://\\S*:${port}\\b`).test(command)) return `${file} already opens port ${port} of the engine`;
  return undefined;
}
