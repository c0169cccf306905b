import { SwarmupError } from '../lib/errors.js';
import { quoteWord } from '../lib/quote.js';
import { swarmup } from '../lib/typed-command.js';
import { enginePaths } from './engine-paths.js';
import { tlsFlags, type EngineService } from './engine-unit.js';

/**
 * Our lines of /etc/conf.d/docker, which OpenRC's service script reads as shell; null when there is nothing to add.
 * `settings`: the file with the service script behind it.
 * Errors: ENGINE_CONFIG_CONFLICT when the user's own options open that port or set TLS; ENGINE_UNIT_UNREADABLE when
 * the service script does not know DOCKER_OPTS.
 */
export function openrcSettings(
  host: string,
  settings: string,
  { tls, tlsPort = 2376, env }: EngineService,
  paths = enginePaths,
): string | null {
  if (!tls && env === undefined) return null;
  const theirs = settings.replace(/^# swarmup begin[\s\S]*?^# swarmup end$/m, '').replaceAll(/^\s*#.*$/gm, '');
  if (tls) refuseConflicts(host, theirs, tlsPort);
  // A -H replaces dockerd's default socket, so it has to be named now.
  const socket = /DOCKER_OPTS=.*(-H|--host)\b/.test(theirs) ? '' : '-H unix:///var/run/docker.sock ';
  return [
    ...(env === undefined ? [] : [`[ ! -r ${paths.env} ] || . ${paths.env}`]),
    ...(tls ? [`DOCKER_OPTS="$DOCKER_OPTS ${socket}${tlsFlags(tlsPort, paths)}"`] : []),
    '',
  ].join('\n');
}

/** Exported: the service script hands its environment on. */
export const openrcEnvironment = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `export ${name}=${quoteWord(value)}\n`)
    .join('');

function refuseConflicts(host: string, theirs: string, port: number): void {
  const flag = new RegExp(`DOCKER_OPTS=.*?(--tls\\w*|tcp://\\S*:${port}\\b)`).exec(theirs)?.[1];
  if (flag !== undefined)
    throw new SwarmupError('ENGINE_CONFIG_CONFLICT', `/etc/conf.d/docker of ${host} already sets ${flag}`, {
      host,
      hints: [
        `remove that setting (${swarmup`ssh ${host}`}), then run the same command again`,
        'or keep the addresses of the engine: --no-tls',
      ],
    });
  if (!theirs.includes('DOCKER_OPTS'))
    throw new SwarmupError('ENGINE_UNIT_UNREADABLE', `the service docker of ${host} does not read DOCKER_OPTS`, {
      host,
      hints: ['install Docker Engine from the package of the distribution'],
    });
}
