import { execa } from 'execa';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quote } from '../../src/lib/quote.js';
import type { Cli } from './cli.js';

/**
 * A small image for test services, from programs of this machine: no registry is needed. busybox serves; bash, with its
 * libraries, asks, because a static busybox cannot look names up as programs usually do.
 */
export const workloadImage = 'workload:e2e';

/** One HTTP request by bash alone; prints the body. */
export const httpGet = (host: string, port: number, path: string): string =>
  `exec 3<>/dev/tcp/${host}/${port}; printf "GET ${path} HTTP/1.0\\r\\n\\r\\n" >&3; busybox tail -n 1 <&3`;

/** Stays, whatever it is told to do: in place of an image that cannot be had. */
export const standIn = [
  `ENTRYPOINT ["busybox","sh","-c","trap 'exit 0' TERM; busybox sleep 1000000 & wait","-"]`,
] as const;

interface Workload {
  /** How docker is called there; default: `docker`. */
  readonly docker?: string;
  /** Packages of this machine's distribution whose programs are in the image, too. */
  readonly packages?: readonly string[];
  /** Images made of it: by name, the lines of a Dockerfile. */
  readonly images?: Readonly<Record<string, readonly string[]>>;
}

/** Puts the image on hosts, over `swarmup ssh` and its stdin. */
export async function loadWorkload(
  cli: Cli,
  hosts: readonly string[],
  { docker = 'docker', packages = [], images = {} }: Workload = {},
): Promise<void> {
  const archive = await packed(packages);
  const command = [
    `${docker} import -c 'ENV PATH=/bin:/usr/bin' - ${workloadImage}`,
    ...Object.entries(images).map(([name, lines]) => {
      const dockerfile = [`FROM ${workloadImage}`, ...lines].map((line) => quote([line])).join(' ');
      return `printf '%s\\n' ${dockerfile} | ${docker} build -q -t ${name} -`;
    }),
  ].join(' && ');
  await Promise.all(
    hosts.map(async (host) => {
      const result = await cli.run(['ssh', host, '--', command], { input: archive });
      if (result.exitCode !== 0) throw new Error(`could not load the image on ${host}: ${result.stderr}`);
    }),
  );
}

/** Programs of this machine, and of packages, with their libraries. */
async function packed(packages: readonly string[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'workload-'));
  try {
    const programs = ['/bin/busybox', '/bin/bash', ...(await unpack(packages, folder))];
    const { stdout: libraries } = await execa('ldd', programs, { reject: false });
    const own = ['/bin/busybox', '/bin/bash', ...new Set(libraries.match(/\/\S*\.so\S*(?= \()/g) ?? [])];
    const archive = join(folder, 'image.tar');
    const tar = await execa('tar', ['-C', '/', '-hcf', archive, ...own.map((path) => path.slice(1))], {
      reject: false,
    });
    if (tar.failed) throw new Error(`cannot pack ${own.join(' ')}: install busybox-static, as script/test does`);
    await execa('tar', ['-C', join(folder, 'root'), '--exclude=./usr/share', '-rf', archive, '.']);
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The files of packages, in `root` of the folder; the programs among them. */
async function unpack(packages: readonly string[], folder: string): Promise<readonly string[]> {
  const root = join(folder, 'root');
  const bin = join(root, 'usr', 'bin');
  await mkdir(bin, { recursive: true });
  if (packages.length > 0) await execa('apt-get', ['-q', 'download', ...packages], { cwd: folder });
  for (const name of await readdir(folder))
    if (name.endsWith('.deb')) await execa('dpkg-deb', ['-x', join(folder, name), root]);
  return (await readdir(bin)).map((name) => join(bin, name));
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

/** Asks services of `serveProgram` in turn, all the time, each time by a new look-up of its name, from a container on the host. */
export async function startClient(
  cli: Cli,
  host: string,
  network: string,
  ...services: readonly string[]
): Promise<Client> {
  const asked = services.map((service) => {
    const once = `busybox timeout 10 bash -c '${httpGet(service, 8080, '/index.html')}'`;
    return `if [ "$(${once} 2>/dev/null)" = ok ]; then echo ok; else echo failed; fi`;
  });
  const ask = `while :; do ${asked.join('; ')}; busybox sleep 0.02; done`;
  await onHost(cli, host, `echo '${Buffer.from(ask).toString('base64')}' | base64 -d > /root/ask.sh`);
  const run = `docker run -d --name client --network ${network} -v /root/ask.sh:/ask.sh ${workloadImage} bash /ask.sh`;
  await onHost(cli, host, run);
  return {
    answers: async () => (await onHost(cli, host, 'docker logs client')).split('\n').map((line) => line === 'ok'),
  };
}
