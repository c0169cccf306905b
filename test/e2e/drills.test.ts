import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { LabPlan } from '../../src/lab/lab-plan.js';
import type { DrillResult } from '../../src/operations/lab/drill-lab.js';
import type { LabHostsResult } from '../../src/operations/lab/end-lab.js';
import type { ExecResult } from '../../src/operations/hosts/exec-hosts.js';
import type { HostRow, HostsResult, NodeListResult } from '../../src/operations/access/results.js';
import type { LabStatus } from '../../src/operations/lab/lab-status.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import { freePort } from '../support/free-port.js';
import { type Cli, openCli } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';
import { httpGet, loadWorkload, onHost, serveProgram, workloadImage } from './workload.js';

let folder: string;
let cli: Cli;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-drills-'));
  port = await freePort();
  await writeFile(join(folder, 'seal.key'), 'a key of 32 characters or of more');
  cli = await openCli('drills', {}, folder);
});
afterAll(async () => {
  await cli.dispose();
  await rm(folder, { recursive: true });
});

const hosts = ['m1', 'w1', 'w2'];

/** One manager and two others; `services` only where the hosts have the image. */
const manifest = (
  othersAre: 'manager' | 'worker',
  { services = true, locked = false }: { readonly services?: boolean; readonly locked?: boolean } = {},
): Promise<void> =>
  writeFile(
    join(folder, 'swarmup.yaml'),
    `version: 1
name: drilled
defaults:
  provision: [{ name: note, run: always, script: "echo up >> /root/ups" }]
pools:
  first: { role: manager, names: m1 }
  others: { role: ${othersAre}, count: 2, names: w%d }
swarm: { agent: false${locked ? ', autolock: { key-file: seal.key }' : ''} }
forwards: ['w1:${port}:22']
networks:
  web: { attachable: true }
${services ? servicesText : ''}`,
  );

const servicesText = `services:
  web:
    image: ${workloadImage}
    command: [busybox, sh, -c, '${serveProgram}']
    network: [web]
    endpoint-mode: dnsrr
    replicas: 4
`;

const drill = async (...args: readonly string[]): Promise<DrillResult> => {
  const report = await cli.json<DrillResult>(['drill', ...args]);
  expect(JSON.parse(await readFile(report.path, 'utf8'))).toMatchObject({ drill: args[0], lab: 'drilled' });
  return report;
};
/** What a service of the lab says to a container of the first host that is not hit. */
const ask = ['--probe', `docker exec asker bash -c '${httpGet('web', 8080, '/index.html')}' | grep -q ok`];

async function exec(command: string): Promise<readonly string[]> {
  const { stdout } = await cli.run(['exec', '--json', '--', command]);
  return (JSON.parse(stdout) as ExecResult).hosts.map((host) => host.stdout.trim());
}

/** Of PID 1: another one after every boot. */
const boots = (): Promise<readonly string[]> => exec('cut -d" " -f22 /proc/1/stat');

/** Drills need a lab that is well; managers take a while to count each other in again. */
const untilWell = (): Promise<true> =>
  waitFor({ timeoutMs: 300_000, what: 'the lab to be well', intervalMs: 500 }, async () => {
    const { exitCode, stdout } = await cli.run(['status']);
    const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
    if (exitCode !== 0 || nodes.some(({ reachability }) => reachability === 'unreachable')) throw new Error(stdout);
    return true as const;
  });

/** Of a drill nothing is left on a host, not even what would have ended it. */
async function expectClean(host: string): Promise<void> {
  const left =
    'iptables -S | grep -c SWARMUP-DRILL; tc qdisc show | grep -cE "tbf|netem"; ls /run/swarmup-drill.pid; pgrep -cf "sleep [0-9]+; iptables"; true';
  expect(await onHost(cli, host, left)).toBe('0\n0\n0');
}

describe('a lab that is hurt', { timeout: 600_000 }, () => {
  it('becomes one of three managers in place: nodes are promoted, not replaced', async () => {
    await manifest('worker', { services: false });
    const first = await cli.json<UpResult>(['up']);
    await loadWorkload(cli, hosts);
    await manifest('manager');
    const plan = await cli.json<LabPlan>(['plan']);
    expect(plan.changes.filter(({ what, action }) => what === 'host' && action === 'update')).toMatchObject(
      ['w1', 'w2'].map((name) => ({ name, action: 'update', details: ['role worker -> manager'] })),
    );
    const up = await cli.json<UpResult>(['up']);
    expect(up.nodes.map(({ name, id, role, reachability }) => [name, id, role, reachability])).toEqual(
      first.nodes.map(({ name, id }) => [name, id, 'manager', 'reachable']),
    );
    for (const host of hosts)
      await onHost(
        cli,
        host,
        `docker run -d --name asker --restart always --network web ${workloadImage} busybox sleep 1000000`,
      );
  });

  it('is the swarm that commands are about in its folder', async () => {
    expect((await cli.json<NodeListResult>(['node', 'ls'])).swarm).toBe('drilled');
    expect((await cli.run(['service', 'ls'])).stdout).toContain('web');
    for (const named of [
      await cli.run(['node', 'ls', '--swarm', 'default']),
      await cli.run(['node', 'ls'], { env: { SWARMUP_SWARM: 'default' } }),
    ])
      expect(named).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('no swarm named default') as unknown,
      });
  });

  it('loses its leader, elects another, and moves what ran there', async () => {
    await untilWell();
    const report = await drill('kill-leader', ...ask, '--hold', '180');
    expect(report.victims).toEqual([report.leaderBefore]);
    expect(report.newLeaderMs).toBeGreaterThan(0);
    expect(report.victims).not.toContain(report.leaderAfter);
    expect(report.allTasksMs).toBeGreaterThan(0);
    expect(report.recoveredMs).not.toBeNull();
    expect(report.requests?.sent).toBeGreaterThan(10);
    expect(report.timeline.map(({ what }) => what)).toContain(`${report.victims[0] ?? ''} is down`);
  });

  it('is cut in two, and whole again', async () => {
    await untilWell();
    const report = await drill('partition', '--host', 'w2', '--hold', '180');
    expect(report).toMatchObject({ drill: 'partition', victims: ['w2'] });
    expect(report.timeline.map(({ what }) => what)).toEqual(expect.arrayContaining(['w2 is down', 'w2 is ready']));
    expect(report.recoveredMs).not.toBeNull();
    await expectClean('w2');
  });

  it('gets a slow network, and a fast one again', async () => {
    await untilWell();
    const command = cli.start(['drill', 'slow-net', '--host', 'w2', '--json', ...ask]);
    let seen = '';
    for await (const line of createInterface({ input: command.stderr })) {
      if (seen !== '' || !line.includes('tasks run')) continue;
      seen = await onHost(cli, 'w2', 'tc qdisc show');
    }
    expect(seen).toMatch(/qdisc (netem|tbf) .* root/);
    const { stdout, exitCode } = await command.done;
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as DrillResult;
    expect(report.healedAtMs - report.injectedAtMs).toBeGreaterThanOrEqual(10_000);
    expect(report.recoveredMs).not.toBeNull();
    await expectClean('w2');
  });

  it('is healed first when a drill is stopped', async () => {
    await untilWell();
    const stopped = await cli.interruptAt(
      ['drill', 'slow-net', '--host', 'w2', '--hold', '180'],
      /tasks run|no manager/,
    );
    expect(stopped).toMatchObject({ pressed: 1, exitCode: 130 });
    await expectClean('w2');
  });

  it('gets no full disk where that is the disk of this machine', async () => {
    const refused = await cli.run(['drill', 'full-disk', '--host', 'w2']);
    expect(refused).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('uses the disk of this computer') as unknown,
    });
  });

  it('is reached through ports of this machine', async () => {
    const forward = cli.start(['forward']);
    const [line] = (await once(createInterface({ input: forward.stdout }), 'line')) as [string];
    expect(line).toBe(`127.0.0.1:${port} -> w1:22`);
    expect(await banner(port)).toMatch(/^SSH-2\.0/);
    const taken = await cli.run(['forward', `${port}:22`]);
    expect(taken).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`port ${port} of this computer is in use`) as unknown,
    });
    forward.interrupt();
    expect((await forward.done).exitCode).toBe(0);
    await expect(banner(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await writeFile(join(folder, 'none.yaml'), 'extends: swarmup.yaml\nforwards:\n');
    expect(await cli.run(['forward', '--file', 'none.yaml'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('declares no forwards') as unknown,
    });
  });

  it('loses its power as a whole, and comes back, though its managers ask for the key that opens them', async () => {
    await manifest('manager', { locked: true });
    const { outcomes } = await cli.json<UpResult>(['up']);
    expect(outcomes).toContainEqual(expect.objectContaining({ what: 'swarm', details: ['autolock on'] }));
    await untilWell();
    const before = await boots();
    const report = await drill('reboot-all');
    expect(report.victims).toEqual(hosts);
    expect(report.recoveredMs).not.toBeNull();
    const after = await boots();
    expect(after).toHaveLength(3);
    for (const [i, boot] of after.entries()) expect(boot).not.toBe(before[i]);
  });

  it('is what it was when up starts it after a reboot of this machine', async () => {
    await untilWell();
    const before = await identity();
    for (const host of hosts) await outerEngine.request('POST', `/containers/${cli.network}-${host}/kill`);
    const off = await cli.run(['status', '--json']);
    expect(off.exitCode).toBe(6);
    expect((JSON.parse(off.stdout) as LabStatus).problems).toEqual(
      expect.arrayContaining(hosts.map((host) => `${host} is stopped`)),
    );
    const up = await cli.json<UpResult>(['up']);
    expect(up.outcomes.map(({ action, name, status }) => [action, name, status])).toEqual(
      hosts.map((host) => ['resume', host, 'done']),
    );
    await untilWell();
    expect(await identity()).toEqual(before);
  });

  it('becomes one of one manager again', async () => {
    await manifest('worker', { locked: true });
    const up = await cli.json<UpResult>(['up']);
    expect(up.nodes.map(({ name, role }) => [name, role])).toEqual([
      ['m1', 'manager'],
      ['w1', 'worker'],
      ['w2', 'worker'],
    ]);
    await untilWell();
  });

  it('is restarted by reload, which does what is due at every start, as provision does', async () => {
    const before = await boots();
    const ups = await exec('grep -c up /root/ups');
    const { hosts: outcomes } = await cli.json<HostsResult>(['reload']);
    expect(outcomes.map(({ status }) => status)).toEqual(['restarted', 'restarted', 'restarted']);
    const after = await boots();
    for (const [i, boot] of after.entries()) expect(boot).not.toBe(before[i]);
    await untilWell();
    await cli.json<HostsResult>(['provision']);
    expect(await exec('grep -c up /root/ups')).toEqual(ups.map((count) => String(Number(count) + 2)));
  });

  it('is gone in the end', async () => {
    expect((await cli.json<LabHostsResult>(['destroy', '--yes'])).hosts).toHaveLength(3);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});

/** All by which hosts and nodes are known to others. */
async function identity(): Promise<unknown> {
  const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
  const { hosts: rows } = await cli.json<{ readonly hosts: readonly HostRow[] }>(['ls']);
  return {
    // Whoever leads is listed first.
    nodes: nodes.map(({ name, id, role, address }) => [name, id, role, address].join(' ')).sort(),
    hosts: rows.map(({ name, url, certificateEnds }) => [name, url, certificateEnds]),
  };
}

async function banner(at: number): Promise<string> {
  const socket = connect(at, '127.0.0.1');
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString();
}
