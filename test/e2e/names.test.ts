import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostRow, HostsResult } from '../../src/operations/access/results.js';
import type { AllStatus } from '../../src/operations/lab/all-status.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';

/** Hosts of their swarms' own networks: no option of the driver says where they are. */
const ownNetworks = { SWARMUP_DOCKER_NETWORK: '' };

let folder: string;
let cli: Cli;
let labs: readonly [string, string];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-names-'));
  cli = await openCli('names', ownNetworks, folder);
  // Their networks and containers are named after them, so they are swept with the others of these tests.
  const name = cli.network.replace(/^swarmup-/, '');
  labs = [join(folder, `${name}-a`), join(folder, `${name}-b`)];
  for (const lab of labs) await mkdir(lab);
});
afterAll(async () => {
  await cli.dispose();
  await rm(folder, { recursive: true });
});

const rows = async (from: Cli): Promise<readonly HostRow[]> =>
  (await from.json<{ readonly hosts: readonly HostRow[] }>(['ls'])).hosts;

describe('two labs of one template, from two folders', () => {
  it('are two swarms with hosts of the same names', async () => {
    for (const lab of labs) {
      const { lab: name } = await cli.in(lab).json<{ lab: string }>(['init']);
      expect(name).toBe(basename(lab));
      const made = await cli.in(lab).json<UpResult>(['up']);
      expect(made.nodes.map((node) => [node.name, node.state])).toEqual(
        ['manager', 'agent1', 'agent2'].map((host) => [host, 'ready']),
      );
    }
    const [first, second] = await Promise.all(labs.map((lab) => cli.in(lab).json<UpResult>(['up'])));
    expect([first?.outcomes, second?.outcomes]).toEqual([[], []]);
    const addresses = [first, second].flatMap((result) => result?.nodes.map(({ address }) => address) ?? []);
    expect(new Set(addresses).size).toBe(6);
  });

  it('have their short names in their folders, and their full names elsewhere', async () => {
    const [a] = labs;
    const names = (await rows(cli.in(a))).map(({ name }) => name);
    expect(names.filter((name) => !name.includes('.'))).toEqual(['agent1', 'agent2', 'manager']);
    const refused = await cli.run(['ssh', 'manager', '--', 'true']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(
      `there are 2 hosts named manager: ${labs.map((lab) => `manager.${basename(lab)}`).join(', ')}`,
    );
    for (const lab of labs) {
      const there = await cli.run(['ssh', `manager.${basename(lab)}`, '--', 'hostname; docker node ls -q | sort']);
      const here = await cli.in(lab).run(['ssh', '--', 'hostname; docker node ls -q | sort']);
      expect(there.stdout.split('\n')[0]).toBe('manager');
      expect(there.stdout).toBe(here.stdout);
    }
  });

  it('are both in the status of all swarms, each with its manifest', async () => {
    const { swarms } = await cli.json<AllStatus>(['status', '--all']);
    expect(
      swarms.map(({ swarm, lab, hosts, problems }) => [swarm, lab, hosts.map(({ node }) => node?.state), problems]),
    ).toEqual(labs.map((lab) => [basename(lab), join(lab, 'swarmup.yaml'), ['ready', 'ready', 'ready'], []]));
    const [a, b] = labs;
    await cli.in(b).json(['down']);
    const shown = await cli.in(b).run(['status', '-a']);
    expect([shown.exitCode, shown.stdout.match(/^(swarm|✓).*/gm)]).toEqual([
      6,
      [
        `swarm ${basename(b)}, the lab of ${join(b, 'swarmup.yaml')}`,
        `swarm ${basename(a)}, the lab of ${join(a, 'swarmup.yaml')}`,
        '✓ all is well',
      ],
    ]);
    await cli.in(b).json(['up']);
  });

  it('are moved with their folders, and one of the same name elsewhere is refused', async () => {
    const [a, b] = labs;
    const there = join(folder, 'copy');
    await mkdir(there);
    const text = await readFile(join(a, 'swarmup.yaml'), 'utf8');
    await cli.in(there).run(['init']);
    await writeFile(join(there, 'swarmup.yaml'), text);
    const refused = await cli.in(there).run(['destroy', '--yes']);
    expect([refused.exitCode, refused.stderr]).toEqual([3, expect.stringContaining(join(a, 'swarmup.yaml'))]);
    await rename(b, `${b}-moved`);
    const moved = await cli.in(`${b}-moved`).run(['up']);
    expect([moved.exitCode, moved.stderr]).toEqual([0, expect.stringContaining(`moved from ${b} to ${b}-moved`)]);
  });

  it('are destroyed one after the other, and nothing is left', async () => {
    const [a, b] = labs;
    await cli.in(a).json(['destroy', '--yes']);
    expect((await rows(cli.in(`${b}-moved`))).map(({ name, state }) => [name, state])).toEqual(
      ['agent1', 'agent2', 'manager'].map((name) => [name, 'running']),
    );
    await cli.in(`${b}-moved`).json(['destroy', '--yes']);
    expect(await rows(cli)).toEqual([]);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});

describe('two stores on one engine', () => {
  it('make hosts of the same names at the same time, each in a network of its own', async () => {
    const other = await openCli('names-other', ownNetworks, folder);
    const swarm = basename(labs[0]);
    try {
      const create = ['create', '--swarm', swarm, '--no-agent', 'manager', 'agent1'];
      const made = await Promise.all([cli, other].map((store) => store.json<CreateResult>(create)));
      expect(made.map(({ hosts }) => hosts.map(({ status }) => status))).toEqual([
        ['created', 'created'],
        ['created', 'created'],
      ]);
      const subnets = made.map(({ nodes }) => nodes[0]?.address.split('.').slice(0, 3).join('.'));
      expect(new Set(subnets).size).toBe(2);
      const gone = await cli.json<HostsResult>(['rm', '--yes', `manager.${swarm}`, `agent1.${swarm}`]);
      expect(gone.hosts.map(({ name, status }) => [name, status])).toEqual([
        ['manager', 'removed'],
        ['agent1', 'removed'],
      ]);
      expect((await rows(other)).map(({ name, state }) => [name, state])).toEqual([
        ['agent1', 'running'],
        ['manager', 'running'],
      ]);
      await other.json(['rm', '--yes', 'manager', 'agent1']);
      expect(await leftovers(cli.network)).toEqual([]);
    } finally {
      await other.dispose();
    }
  });
});

describe('the chapters of the README', () => {
  it('run one after the other: create three hosts, then a lab with hosts of the same names', async () => {
    const lab = `${labs[0]}-2`;
    await mkdir(lab);
    const create = ['create', '--swarm', `${basename(lab)}-1`, '--no-agent', 'manager', 'agent1'];
    await cli.json(create);
    await cli.in(lab).json(['init']);
    const made = await cli.in(lab).json<UpResult>(['up']);
    expect(made.nodes.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
    await cli.in(lab).json(['destroy', '--yes']);
    expect((await rows(cli)).map(({ name, state }) => [name, state])).toEqual([
      ['agent1', 'running'],
      ['manager', 'running'],
    ]);
    await cli.json(['rm', '--yes', 'agent1', 'manager']);
    expect(await leftovers(cli.network)).toEqual([]);
  });
});
