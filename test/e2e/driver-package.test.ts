import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DriverListResult } from '../../src/operations/drivers/list-drivers.js';
import type { CreateResult, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { outerEngine } from './outer-engine.js';
import { onHost } from './workload.js';

const example = join(import.meta.dirname, '..', '..', 'examples', 'swarmup-driver-example');

/** The example of docs/writing-a-driver.md, as its reader would use it. */
describe('a driver from an npm package', () => {
  let cli: Cli;
  let packages: string;
  beforeAll(async () => {
    packages = await mkdtemp(join(tmpdir(), 'swarmup-packages-'));
    cli = await openCli('package', { SWARMUP_DATA_DIR: packages, SWARMUP_DRIVER: '' });
    // Makes sure that the node image is there, which the example is given.
    await cli.json<CreateResult>(['create', '--driver', 'docker', '--no-swarm', 'warm']);
    await cli.json<HostsResult>(['rm', '--yes', 'warm']);
  });
  afterAll(async () => {
    await cli.run(['rm', '--yes', '--force', 'ex1']);
    await cli.dispose();
    await rm(packages, { recursive: true, force: true });
  });

  it('is installed, listed and offers its options', async () => {
    await cli.json(['driver', 'add', example]);
    const { drivers } = await cli.json<DriverListResult>(['driver', 'ls']);
    expect(drivers.map((driver) => driver.name)).toEqual(expect.arrayContaining(['docker', 'example']));
    const wrong = await cli.run(['create', '--driver', 'example', '--example-colour', 'red', 'ex1']);
    expect(wrong.exitCode).toBe(2);
  });

  it('makes a host with Docker that works like any other, and removes it', async () => {
    const images = await outerEngine.request<{ RepoTags: string[] | null }[]>('GET', '/images/json');
    const image =
      images.flatMap(({ RepoTags }) => RepoTags ?? []).find((tag) => tag.startsWith('swarmup/node:engine-')) ?? '';
    const made = await cli.json<CreateResult>(['create', '--driver', 'example', '--example-image', image, 'ex1']);
    expect(made.nodes).toMatchObject([{ name: 'ex1', state: 'ready', leader: true }]);
    expect(await onHost(cli, 'ex1', 'hostname')).toBe('ex1');
    expect((await cli.run(['ls', '--format', '{{.Name}} {{.Driver}} {{.State}}'])).stdout.trim()).toBe(
      'ex1 example running',
    );
    await cli.json<HostsResult>(['rm', '--yes', 'ex1']);
    const query = { all: true, filters: JSON.stringify({ label: ['example.machine'] }) };
    expect(await outerEngine.request('GET', '/containers/json', { query })).toEqual([]);
  });

  it('is gone after it was removed', async () => {
    await cli.json(['driver', 'rm', 'swarmup-driver-example']);
    const result = await cli.run(['create', '--driver', 'example', 'ex2', '--json']);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'DRIVER_UNKNOWN' } });
  });
});
