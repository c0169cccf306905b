import { execa } from 'execa';
import type { Cli } from './cli.js';

/** A tiny image for test services, from Debian's busybox: no registry is needed. */
export const workloadImage = 'busybox:e2e';

/** Puts the image on hosts, over `swarmup ssh` and its stdin. */
export async function loadWorkload(cli: Cli, hosts: readonly string[]): Promise<void> {
  const { stdout } = await execa('tar', ['-C', '/', '-c', 'bin/busybox'], { encoding: 'buffer' });
  await Promise.all(
    hosts.map(async (host) => {
      const command = `docker import -c 'ENV PATH=/bin' -c 'CMD ["/bin/busybox","sh"]' - ${workloadImage}`;
      const result = await cli.run(['ssh', host, '--', command], { input: stdout });
      if (result.exitCode !== 0) throw new Error(`could not load the image on ${host}: ${result.stderr}`);
    }),
  );
}

/** Runs a command on a host and gives its stdout, trimmed. Throws with everything it said when it fails. */
export async function onHost(cli: Cli, host: string, command: string): Promise<string> {
  const { stdout, stderr, exitCode } = await cli.run(['ssh', host, '--', command]);
  if (exitCode !== 0) throw new Error(`${command} on ${host} ended with ${String(exitCode)}: ${stderr}`);
  return stdout.trim();
}
