import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueServerCertificate } from '../../src/bootstrap/tls/issue.js';
import { waitFor } from '../../src/lib/abort.js';
import type { LabPlan } from '../../src/lab/lab-plan.js';
import type { DrillResult } from '../../src/operations/lab/drill-lab.js';
import type { LabHostsResult } from '../../src/operations/lab/end-lab.js';
import type { ExecResult } from '../../src/operations/hosts/exec-hosts.js';
import type { LabStatus } from '../../src/operations/lab/lab-status.js';
import type { HostRow, HostsResult, NodeListResult, NodeRow } from '../../src/operations/access/results.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';
import { endedCopy } from '../support/node-certificate.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

let folder: string;
let cli: Cli;

beforeAll(async () => {
  await mkdir((folder = join(await mkdtemp(join(tmpdir(), 'swarmup-lab-')), 'lab')));
  cli = await openCli('labs', { DB_PASSWORD: 'hunter2' }, folder);
});
afterAll(async () => {
  await cli.dispose();
  await rm(dirname(folder), { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const edit = async (change: (text: string) => string): Promise<void> =>
  write('swarmup.yaml', change(await readFile(join(folder, 'swarmup.yaml'), 'utf8')));
const actions = ({ outcomes }: UpResult): readonly string[] =>
  outcomes.map(({ action, what, name, status }) => `${action} ${what} ${name} ${status}`);
const planned = ({ changes }: LabPlan): readonly string[] =>
  changes.map(({ action, what, name }) => `${action} ${what} ${name}`);
const nodeIds = ({
  nodes,
}: {
  readonly nodes: readonly Pick<NodeRow, 'name' | 'id'>[];
}): Readonly<Record<string, string>> => Object.fromEntries(nodes.map(({ name, id }) => [name, id]));

/** What a command prints on every host. */
async function exec(command: string): Promise<readonly string[]> {
  const { stdout } = await cli.run(['exec', '--json', '--', command]);
  return (JSON.parse(stdout) as ExecResult).hosts.map((host) => host.stdout);
}

interface Known {
  readonly nodes: readonly Pick<NodeRow, 'name' | 'id' | 'role' | 'address'>[];
  readonly urls: readonly (string | null)[];
  /** Of engines, by host. */
  readonly certificates: Readonly<Record<string, string>>;
}

/** All by which hosts and nodes are known to others. */
async function known(): Promise<Known> {
  const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
  const { hosts } = await cli.json<{ readonly hosts: readonly HostRow[] }>(['ls']);
  const certificates = await Promise.all(
    hosts.map(async ({ name }) => [name, await onHost(cli, name, 'cat /etc/docker/swarmup/server-cert.pem')] as const),
  );
  return {
    nodes: nodes.map(({ name, id, role, address }) => ({ name, id, role, address })),
    urls: hosts.map(({ url }) => url),
    certificates: Object.fromEntries(certificates),
  };
}

const put = async (host: string, path: string, text: string): Promise<void> => {
  const { exitCode } = await cli.run(['ssh', host, '--', `cat > ${path}`], { input: text });
  expect(exitCode).toBe(0);
};

/** Certificates hold for three years. */
const longAgo = (): Date => new Date(Date.now() - 4 * 365 * 24 * 60 * 60_000);

/** The engine's own. */
async function endCertificate(host: string): Promise<void> {
  const [certPem, keyPem] = await Promise.all(
    ['ca.pem', 'ca-key.pem'].map((file) => readFile(join(cli.home, 'certs', file), 'utf8')),
  );
  const ca = { certPem: certPem ?? '', keyPem: keyPem ?? '' };
  const { stdout: ip } = await cli.run(['ip', host]);
  const ended = await issueServerCertificate({ name: host, sans: [host, ip, 'localhost'], ca, now: longAgo() });
  await put(host, '/etc/docker/swarmup/server-cert.pem', ended.certPem);
  await put(host, '/etc/docker/swarmup/server-key.pem', ended.keyPem);
}

/** Those of nodes, as after months without power; by an authority of ours, as that of the swarm keeps its key to itself. */
async function endNodeCertificates(...hosts: readonly string[]): Promise<void> {
  const ca = await issueAuthority({ now: longAgo() });
  await put('manager', '/root/ca.pem', ca.certPem);
  await put('manager', '/root/ca-key.pem', ca.keyPem);
  await onHost(cli, 'manager', 'docker swarm ca --rotate --quiet --ca-cert /root/ca.pem --ca-key /root/ca-key.pem');
  const path = '/var/lib/docker/swarm/certificates/swarm-node.crt';
  for (const host of hosts) {
    await onHost(cli, host, 'systemctl stop docker.socket docker');
    await put(host, path, await endedCopy(await onHost(cli, host, `cat ${path}`), ca));
  }
}

/** Everything of the store but what merely tells that somebody looked. */
async function storeText(): Promise<string> {
  const entries = await readdir(cli.home, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = files.sort().map(async (path) => `${path}\n${await readFile(path, 'utf8')}`);
  return (await Promise.all(texts)).join('\n');
}

describe('a lab, as a new user makes it', () => {
  let first: UpResult;

  it('begins with init, and plan changes nothing', async () => {
    expect((await cli.run(['init', '--schema'])).exitCode).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(['swarmup.schema.json', 'swarmup.yaml']);
    expect((await cli.run(['init'])).exitCode).toBe(2);
    const before = await storeText();
    const { stdout, exitCode } = await cli.run(['plan', '--detailed-exitcode', '--json']);
    expect(exitCode).toBe(7);
    expect(planned(JSON.parse(stdout) as LabPlan)).toEqual([
      'create host manager',
      'create host agent1',
      'create host agent2',
    ]);
    expect(await cli.json<LabPlan>(['up', '--dry-run'])).toEqual(JSON.parse(stdout));
    expect((await cli.run(['up', '--dry-run'])).stdout).toBe((await cli.run(['plan'])).stdout);
    expect(await storeText()).toBe(before);
    expect(await leftovers(cli.network)).toEqual([]);
  });

  it('is made by up, and left alone by the next', async () => {
    first = await cli.json<UpResult>(['up']);
    expect(actions(first)).toEqual(['create host manager done', 'create host agent1 done', 'create host agent2 done']);
    expect(first.nodes.map(({ name, role, state }) => [name, role, state])).toEqual([
      ['manager', 'manager', 'ready'],
      ['agent1', 'worker', 'ready'],
      ['agent2', 'worker', 'ready'],
    ]);
    const before = await storeText();
    const again = await cli.json<UpResult>(['up']);
    expect(again.outcomes).toEqual([]);
    const plan = await cli.run(['plan', '--detailed-exitcode']);
    expect(plan).toMatchObject({ exitCode: 0, stdout: 'no changes  across 3 hosts' });
    expect(await storeText()).toBe(before);
  });

  it('is a picture in the terminal', async () => {
    const { stdout, exitCode } = await cli.run(['status', '--graph']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/┌ manager · leader ─+┐ {2}┌ agent1 · worker ─+┐/);
    const live = cli.start(['status', '--graph', '--watch']);
    let pictures = 0;
    for await (const line of createInterface({ input: live.stdout })) {
      if (!line.includes('┌ manager')) continue;
      pictures += 1;
      if (pictures === 2) live.interrupt();
    }
    expect((await live.done).exitCode).toBe(0);
    expect((await cli.run(['status', 'manager'])).stdout).toBe('running');
    const labels = await onHost(cli, 'manager', "docker node inspect agent1 --format '{{json .Spec.Labels}}'");
    expect(JSON.parse(labels)).toEqual({ 'swarmup.managed': 'true', 'swarmup.lab': 'lab', 'swarmup.pool': 'workers' });
  });

  it('runs commands on its hosts, and takes files', async () => {
    const ran = await cli.run(['exec', '--role', 'worker', '--', 'hostname; exit 3']);
    expect(ran.stdout.split('\n').sort()).toEqual(['agent1 | agent1', 'agent2 | agent2']);
    expect(ran.stderr).toContain('agent1: exit code 3');
    expect(ran.exitCode).toBe(4);
    const would = (args: readonly string[]): Promise<string> => cli.run(args).then(({ stdout }) => stdout);
    expect(await would(['exec', '--pool', 'workers', '--dry-run', '--', 'touch /root/note.txt'])).toBe(
      'agent1  would-run\nagent2  would-run',
    );
    await write('note.txt', 'hello');
    expect(await would(['cp', '--dry-run', '--role', 'worker', 'note.txt', ':/root/note.txt'])).toBe(
      'agent1  would-copy\nagent2  would-copy',
    );
    expect(await exec('ls /root')).toEqual(['', '', '']);
    await cli.json<HostsResult>(['cp', 'note.txt', ':/root/note.txt']);
    expect(await exec('cat /root/note.txt')).toEqual(['hello', 'hello', 'hello']);
    await cli.json<HostsResult>(['cp', ':/root/note.txt', 'copies']);
    expect((await readdir(join(folder, 'copies'))).sort()).toEqual(['agent1', 'agent2', 'manager']);
    expect((await cli.run(['logs', '-n', '5', 'agent1'])).stdout).toMatch(/^agent1 \| .*docker/m);
    expect((await cli.run(['ssh', '--', 'hostname'])).stdout).toBe('manager');
  });

  it('grows by one, and shrinks by it only when that is said; nobody is renamed', async () => {
    await edit((text) => text.replace('count: 2', 'count: 3'));
    const grown = await cli.json<UpResult>(['up']);
    expect(actions(grown)).toEqual(['create host agent3 done']);
    expect(nodeIds(grown)).toMatchObject(nodeIds(first));
    await edit((text) => text.replace('count: 3', 'count: 2'));
    const asked = await cli.run(['up', '--json']);
    expect(asked.exitCode).toBe(2);
    expect(asked.stdout).toContain('CONFIRMATION_NEEDED');
    const shrunk = await cli.json<UpResult>(['up', '--yes']);
    expect(actions(shrunk)).toEqual(['remove host agent3 done']);
    expect(nodeIds(shrunk)).toEqual(nodeIds(first));
  });

  it('has networks, secrets, stacks, services, files and scripts', async () => {
    await loadWorkload(cli, ['manager', 'agent1', 'agent2']);
    await write('compose.yaml', stackOf(2));
    await write('swarmup.yaml', fullManifest);
    const { changes } = await cli.json<LabPlan>(['plan']);
    expect(changes.find(({ name }) => name === 'agent1')?.details.join()).toContain(
      'engine daemon none -> {"debug":true}',
    );
    const up = await cli.json<UpResult>(['up', '--yes', '--trust']);
    expect(
      (await exec("docker info --format '{{.Debug}} {{.Swarm.LocalNodeState}}'")).map((text) => text.trim()),
    ).toEqual(['false active', 'true active', 'true active']);
    expect(nodeIds(up)).toEqual(nodeIds(first));
    expect(actions(up)).toEqual([
      'update host manager done',
      'update host agent1 done',
      'update host agent2 done',
      'update swarm lab done',
      'create network back done',
      'create secret db-password done',
      'create secret note done',
      'create stack shop done',
      'create service web done',
      'create count web done',
      'create count shop_api done',
    ]);
    expect(await exec('cat /etc/greeting /root/ran')).toEqual(Array(3).fill('hello lab\nran on lab with hunter2\n'));
    const again = await cli.json<UpResult>(['up']);
    expect(again.outcomes).toEqual([]);
    const status = await cli.json<LabStatus>(['status']);
    expect(status.problems).toEqual([]);
    expect(status.services.map(({ name, running, wanted }) => [name, running, wanted])).toEqual([
      ['shop_api', 3, 3],
      ['web', 2, 2],
    ]);
    expect((await cli.run(['status', '--graph'])).stdout).toMatch(/web +●/);
  });

  it('whose counts the agent holds, and whose edits are applied', async () => {
    await onHost(cli, 'manager', 'docker service scale -d web=5 shop_api=1');
    await waitFor({ timeoutMs: 60_000, what: 'the counts to be as declared', intervalMs: 500 }, async () => {
      const counts = await onHost(cli, 'manager', "docker service ls --format '{{.Name}} {{.Replicas}}'");
      return /shop_api \d\/3/.test(counts) && /web \d\/2/.test(counts) ? true : undefined;
    });
    await edit((text) =>
      text
        .replace('run: on-change, script: "', 'run: on-change, script: "echo more >> /root/ran; ')
        .replace('replicas: 2', 'replicas: 1'),
    );
    const plan = await cli.json<LabPlan>(['plan']);
    expect(planned(plan)).toEqual([
      'update host manager',
      'update host agent1',
      'update host agent2',
      'update service web',
      'update count web',
    ]);
    await cli.json<UpResult>(['up']);
    await edit((text) => text.replace(/\nservices:[\s\S]*/, '\nservices:\n  shop_api: { replicas: 3 }\n'));
    expect(actions(await cli.json<UpResult>(['up', '--yes']))).toEqual([
      'update count web done',
      'remove service web done',
    ]);
  });

  it('refuses bad files with their place, before anything is done', async () => {
    const good = await readFile(join(folder, 'swarmup.yaml'), 'utf8');
    const before = await storeText();
    const refused = async (text: string): Promise<string> => {
      await write('swarmup.yaml', text);
      const { stderr, exitCode } = await cli.run(['up', '--yes']);
      expect(exitCode).toBe(2);
      return stderr;
    };
    expect(await refused(good.replace('file: compose.yaml', 'file: nowhere.yaml'))).toMatch(
      /swarmup\.yaml:\d+:\d+: stacks\.shop\.file: the compose file .*nowhere\.yaml cannot be read/,
    );
    expect(await refused(good.replace('count: 2', 'cuont: 2'))).toMatch(
      /swarmup\.yaml:\d+:\d+: pools\.\w+\.cuont: there is no such key; did you mean count/,
    );
    expect(await storeText()).toBe(before);
    await write('swarmup.yaml', good);
  });

  it('says who holds it when two ups meet', async () => {
    const [one, two] = await Promise.all([cli.run(['up', '--yes']), cli.run(['up', '--yes'])]);
    expect([one.exitCode, two.exitCode]).toEqual([0, 0]);
    expect(`${one.stderr}${two.stderr}`).toMatch(/waiting for swarm-lab, held by pid \d+/);
  });

  it('goes down and comes up again as it was, but for certificates that have ended: they are renewed', async () => {
    const before = await known();
    await endCertificate('agent1');
    await onHost(cli, 'agent1', 'systemctl restart docker');
    const ended = await cli.run(['status', '--json']);
    expect(ended.exitCode).toBe(6);
    expect((JSON.parse(ended.stdout) as LabStatus).problems.join('\n')).toMatch(/agent1: .* expired on /);
    await endNodeCertificates('agent2', 'manager');
    const down = await cli.json<LabHostsResult>(['down']);
    expect(down.hosts.map(({ status }) => status)).toEqual(['stopped', 'stopped', 'stopped']);
    const off = await cli.run(['status', '--json']);
    expect(off.exitCode).toBe(6);
    const up = await cli.json<UpResult>(['up']);
    await waitFor({ timeoutMs: 120_000, what: 'all to be well again', intervalMs: 500 }, async () => {
      const { exitCode, stdout } = await cli.run(['status']);
      if (exitCode !== 0) throw new Error(stdout);
      return true;
    });
    const now = await known();
    const { agent2 } = nodeIds(up);
    expect(agent2).not.toBe(nodeIds(before)['agent2']);
    expect(now.nodes).toEqual(before.nodes.map((node) => ({ ...node, id: node.name === 'agent2' ? agent2 : node.id })));
    expect(now.certificates).toMatchObject({
      manager: before.certificates['manager'],
      agent2: before.certificates['agent2'],
    });
    expect(now.certificates['agent1']).not.toBe(before.certificates['agent1']);
    expect(now.urls).toEqual(before.urls);
    const again = await cli.json<UpResult>(['up']);
    expect(again.outcomes).toEqual([]);
    first = again;
  }, 300_000);

  it('is put back as a whole to what it was', async () => {
    await cli.json<HostsResult>(['snapshot', 'save', 'before']);
    await onHost(cli, 'manager', 'docker service rm shop_api; touch /root/later');
    const restored = await cli.json<HostsResult>(['snapshot', 'restore', '--yes', 'before']);
    expect(restored.hosts.map(({ status }) => status)).toEqual(['restored', 'restored', 'restored']);
    expect(await onHost(cli, 'manager', 'ls /root')).not.toContain('later');
    expect(await onHost(cli, 'manager', "docker service ls --format '{{.Name}}'")).toBe('shop_api');
    expect(nodeIds(await cli.json<UpResult>(['up']))).toEqual(nodeIds(first));
    await cli.json<HostsResult>(['snapshot', 'rm', '--yes', 'before']);
  }, 400_000);

  it('heals from a drill, which leaves a report', async () => {
    await waitFor({ timeoutMs: 120_000, what: 'all to be well again', intervalMs: 500 }, async () =>
      (await cli.run(['status'])).exitCode === 0 ? true : undefined,
    );
    const drill = await cli.run(['drill', 'kill-node', '--host', 'agent2', '--dry-run']);
    expect(drill).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^ {2}cut the power of agent2$/m) as unknown,
    });
    const report = await cli.json<DrillResult>(['drill', 'kill-node', '--probe', 'true', '--hold', '120']);
    expect(report.victims).toHaveLength(1);
    expect(report.allTasksMs).toBeGreaterThan(0);
    expect(report.recoveredMs).not.toBeNull();
    expect(report.requests?.failed).toBe(0);
    expect(report.timeline.map(({ what }) => what)).toContain(`${report.victims[0] ?? ''} is down`);
    expect(JSON.parse(await readFile(report.path, 'utf8'))).toMatchObject({ drill: 'kill-node', lab: 'lab' });
    await edit((text) => `${text}protect: true\n`);
    expect((await cli.run(['drill', 'kill-leader'])).exitCode).toBe(3);
    await edit((text) => text.replace('protect: true\n', ''));
    await cli.run(['create', '--swarm', 'by-hand', 'm9']);
    await write('by-hand.yaml', 'version: 1\nname: by-hand\npools: { m: { role: manager, names: m9 } }\n');
    const foreign = await cli.run(['drill', 'kill-leader', '--file', 'by-hand.yaml']);
    expect(foreign).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('were not made for a lab') as unknown,
    });
    await cli.json<HostsResult>(['rm', '--yes', 'm9']);
  }, 400_000);

  it('is destroyed, unless it is protected', async () => {
    await edit((text) => `${text}protect: true\n`);
    const refused = await cli.run(['destroy', '--yes']);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain('lab lab is protected');
    await edit((text) => text.replace('protect: true\n', ''));
    await cp(join(folder, 'swarmup.yaml'), join(folder, 'copy', 'swarmup.yaml'));
    expect((await cli.run(['destroy', '--yes', '--file', join('copy', 'swarmup.yaml')])).exitCode).toBe(3);
    const destroyed = await cli.json<LabHostsResult>(['destroy', '--yes']);
    expect(destroyed.hosts.map(({ status }) => status)).toEqual(['removed', 'removed', 'removed']);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});

it('the classic lab, killed while it is made, is finished by up', async () => {
  await cli.run(['init', 'classic', '--force']);
  const event = await cli.killAt(['up'], (e) => e.type === 'step-done' && e.step === 'agent2/create');
  expect(event).toBeDefined();
  const up = await cli.json<UpResult>(['up']);
  expect(up.nodes.map(({ name, state }) => [name, state])).toEqual(
    ['manager', 'agent1', 'agent2', 'agent3'].map((name) => [name, 'ready']),
  );
  expect(up.outcomes.some(({ action }) => action === 'resume')).toBe(true);
  expect((await cli.json<LabHostsResult>(['destroy', '--yes'])).hosts).toHaveLength(4);
  expect(await leftovers(cli.network)).toEqual([]);
});

const stackOf = (replicas: number): string => `services:
  api:
    image: ${workloadImage}
    command: [busybox, sleep, "1000000"]
    stop_signal: KILL
    networks: [back]
    secrets: [db-password]
    deploy: { replicas: ${replicas}, endpoint_mode: dnsrr, update_config: { monitor: 1s } }
networks:
  back: { external: true }
secrets:
  db-password: { external: true }
`;

const fullManifest = `version: 1
name: lab
defaults:
  files: [{ target: /etc/greeting, content: "hello lab\\n" }]
  provision:
    - { name: note, run: on-change, script: "echo ran on $SWARMUP_LAB with $SECRET > /root/ran", secrets: { SECRET: 'command:printf $DB_PASSWORD' } }
pools:
  managers: { role: manager, names: manager }
  workers: { role: worker, count: 2, names: agent%d, labels: { tier: web }, engine: { options: { debug: true } } }
swarm: { task-history: 2, cert-expiry-days: 30 }
networks:
  back: { attachable: true }
secrets:
  db-password: env:DB_PASSWORD
  note: file:note.txt
stacks:
  shop: { file: compose.yaml }
services:
  web:
    image: ${workloadImage}
    command: [busybox, sleep, "1000000"]
    stop-signal: KILL
    network: [back]
    endpoint-mode: dnsrr
    update-monitor: 1s
    constraint: [node.labels.tier==web]
    replicas: 2
  shop_api: { replicas: 3 }
`;
