import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { swarmHere } from '../../src/cli/swarm-here.js';
import { openStore } from '../../src/machine/file-store.js';
import { machineRecord } from '../machine/machine-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-here-'));
});
afterEach(() => rm(folder, { recursive: true }));

const home = (): string => join(folder, 'home');
const here = (env: Record<string, string> = {}, cwd = folder): Promise<string> =>
  swarmHere({ cwd, platform: 'linux', env: { SWARMUP_HOME: home(), ...env } });
const write = (text: string, name = 'swarmup.yaml'): Promise<void> => writeFile(join(folder, name), text);
const makeSwarm = (name: string): Promise<void> =>
  openStore(home()).writeSwarm({ schemaVersion: 1, name, clusterId: 'c', createdAt: '2026-11-21T10:00:00.000Z' });

describe('the swarm that is meant', () => {
  it('is default where there is no lab, and while the lab has no swarm', async () => {
    expect(await here()).toBe('default');
    await write('name: lab\n');
    expect(await here()).toBe('default');
  });

  it('is that of the lab, also below its folder', async () => {
    await makeSwarm('lab');
    // Nothing else of the manifest matters here.
    await write('name: ${NAME:-lab}\nmessage: ${NOT_SET}\nnonsense: 1\n');
    await mkdir(join(folder, 'a', 'b'), { recursive: true });
    expect(await here({}, join(folder, 'a', 'b'))).toBe('lab');
  });

  it('is that of a lab whose name is in what it extends', async () => {
    await makeSwarm('lab');
    await write('name: lab\n', 'base.yaml');
    await write('extends: base.yaml\n');
    expect(await here()).toBe('lab');
  });

  it('is not that of a lab of this name in another folder', async () => {
    await makeSwarm('lab');
    const there = join(folder, 'there', 'swarmup.yaml');
    await mkdir(join(folder, 'there'));
    await writeFile(there, 'name: lab\n');
    await write('name: lab\n');
    await openStore(home()).add(machineRecord('m', { lab: { name: 'lab', pool: 'm', manifest: there } }));
    await expect(here()).rejects.toMatchObject({ code: 'LAB_ELSEWHERE', exitCode: 3 });
    expect(await here({}, join(folder, 'there'))).toBe('lab');
    expect(await here({ SWARMUP_SWARM: 'lab' })).toBe('lab');
  });

  it('is the one that SWARMUP_SWARM names, whatever is here', async () => {
    await makeSwarm('lab');
    await write('name: [');
    expect(await here({ SWARMUP_SWARM: 'other' })).toBe('other');
  });

  it.each([
    ['name: [', 'MANIFEST_INVALID'],
    ['pools: {}\n', 'MANIFEST_INVALID'],
    ['name: ${NOT_SET}\n', 'VARIABLE_MISSING'],
  ])('is not guessed from a manifest that does not tell: %s', async (text, code) => {
    await write(text);
    await expect(here()).rejects.toMatchObject({ code, exitCode: 2 });
  });
});
