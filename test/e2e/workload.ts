import { execa } from 'execa';
import type { Cli } from './cli.js';

/**
 * A small image for test services, from programs of this machine: no registry is needed. busybox serves; bash, with its
 * libraries, asks, because a static busybox cannot look names up as programs usually do.
 */
export const workloadImage = 'workload:e2e';

/** One HTTP request by bash alone; prints the body. */
export const httpGet = (host: string, port: number, path: string): string =>
  `exec 3<>/dev/tcp/${host}/${String(port)}; printf "GET ${path} HTTP/1.0\\r\\n\\r\\n" >&3; busybox tail -n 1 <&3`;

/** Puts the image on hosts, over `swarmup ssh` and its stdin. */
export async function loadWorkload(cli: Cli, hosts: readonly string[]): Promise<void> {
  const { stdout: libraries } = await execa('ldd', ['/bin/bash']);
  const files = ['/bin/busybox', '/bin/bash', ...(libraries.match(/\/\S+/g) ?? [])].map((path) => path.slice(1));
  const packed = await execa('tar', ['-C', '/', '-h', '-c', ...files], { encoding: 'buffer', reject: false });
  if (packed.failed) throw new Error(`cannot pack ${files.join(' ')}: install busybox-static, as script/test does`);
  await Promise.all(
    hosts.map(async (host) => {
      const command = `docker import -c 'ENV PATH=/bin' - ${workloadImage}`;
      const result = await cli.run(['ssh', host, '--', command], { input: packed.stdout });
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
