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

/** Puts the image on hosts, over `swarmup ssh` and its stdin. `docker`: how it is called there. */
export async function loadWorkload(cli: Cli, hosts: readonly string[], docker = 'docker'): Promise<void> {
  const { stdout: libraries } = await execa('ldd', ['/bin/bash']);
  const files = ['/bin/busybox', '/bin/bash', ...(libraries.match(/\/\S+/g) ?? [])].map((path) => path.slice(1));
  const packed = await execa('tar', ['-C', '/', '-h', '-c', ...files], { encoding: 'buffer', reject: false });
  if (packed.failed) throw new Error(`cannot pack ${files.join(' ')}: install busybox-static, as script/test does`);
  await Promise.all(
    hosts.map(async (host) => {
      const command = `${docker} import -c 'ENV PATH=/bin' - ${workloadImage}`;
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

/** For `busybox sh -c`: it ends the requests it has before it ends itself, as a service must that is to be moved without a gap. */
export const serveProgram = 'trap "sleep 3; exit 0" TERM; echo ok > /index.html; busybox httpd -f -p 8080 -h / & wait';

/** A client that never stops asking. */
export interface Client {
  /** All answers since it began, in their order; true: the right one. */
  answers(): Promise<readonly boolean[]>;
}

/** Asks a service of `serveProgram` all the time, each time by a new look-up of its name, from a container on the host. */
export async function startClient(cli: Cli, host: string, network: string, service: string): Promise<Client> {
  const once = `busybox timeout 10 bash -c '${httpGet(service, 8080, '/index.html')}'`;
  const ask = `while :; do if [ "$(${once} 2>/dev/null)" = ok ]; then echo ok; else echo failed; fi; busybox sleep 0.02; done`;
  await onHost(cli, host, `echo '${Buffer.from(ask).toString('base64')}' | base64 -d > /root/ask.sh`);
  const run = `docker run -d --name client --network ${network} -v /root/ask.sh:/ask.sh ${workloadImage} bash /ask.sh`;
  await onHost(cli, host, run);
  return {
    answers: async () => (await onHost(cli, host, 'docker logs client')).split('\n').map((line) => line === 'ok'),
  };
}
