/** The command line that makes or resumes these hosts: it must name their swarm when that is not the usual one. */
export function createCommand(swarm: string | null, names: readonly string[]): string {
  const flag = swarm === null ? ['--no-swarm'] : swarm === 'default' ? [] : ['--swarm', swarm];
  return ['swarmup create', ...flag, ...names].join(' ');
}
