import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ArgDeclarations } from '../../src/cli/arg-declaration.js';
import type { FlagDeclarations } from '../../src/cli/flag-declaration.js';
import type { AnyWords } from '../../src/cli/command.js';
import { labFlags } from '../../src/cli/lab-command.js';
import { locate, type Located } from '../../src/cli/located-words.js';
import { nameSwarmInCommands, swarmup } from '../../src/lib/typed-command.js';
import { swarmFlag } from '../../src/cli/swarm-flags.js';
import { openStore } from '../../src/machine/file-store.js';
import { machineRecord } from '../machine/machine-record.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'located-words-'));
});
afterEach(async () => {
  nameSwarmInCommands(undefined);
  await rm(folder, { recursive: true });
});

const hosts = { name: { description: 'hosts', many: true, names: 'hosts' } } as const satisfies ArgDeclarations;
const made = { name: { ...hosts.name, mayBeNew: true } } as const satisfies ArgDeclarations;

const add = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) await openStore(join(folder, 'home')).add(machineRecord(name));
};

function find(
  words: readonly string[],
  {
    args = hosts,
    flags = {},
    given = {},
    env = {},
  }: {
    args?: ArgDeclarations;
    flags?: FlagDeclarations;
    given?: Record<string, string | boolean>;
    env?: Record<string, string>;
  } = {},
): Promise<Located> {
  const io = {
    cwd: folder,
    platform: 'linux',
    say: () => undefined,
    env: { SWARMUP_HOME: join(folder, 'home'), ...env },
  };
  const [arg = 'name'] = Object.keys(args);
  const typed = { args: { [arg]: words }, flags: given, given } as unknown as AnyWords;
  return locate({ args, flags, scope: undefined }, typed, io as Parameters<typeof locate>[2]);
}

const shown = async (...call: Parameters<typeof find>): Promise<unknown> => {
  const { scope, words } = await find(...call);
  return [scope, Object.values(words.args)[0]];
};

describe('the hosts that a command line names', () => {
  it('have short names where all of them are of one swarm, whatever swarm that is', async () => {
    await add('manager', 'agent1.lab', 'agent2.lab', 'box.no-swarm');
    expect(await shown(['manager'])).toEqual(['default', ['manager']]);
    expect(await shown(['agent1', 'agent2.lab'])).toEqual(['lab', ['agent1', 'agent2']]);
    expect(await shown(['box'])).toEqual(['no-swarm', ['box']]);
  });

  it('have full names for a command where they are of several', async () => {
    await add('manager', 'manager.lab', 'agent1.lab');
    expect(await shown(['manager', 'agent1'])).toEqual(['default', ['manager', 'agent1.lab']]);
    expect(await shown(['manager.lab'])).toEqual(['lab', ['manager']]);
  });

  it('are those of the swarm that is meant here, when several have the name', async () => {
    await add('manager.a', 'manager.b');
    await expect(find(['manager'])).rejects.toMatchObject({ code: 'HOST_AMBIGUOUS' });
    expect(await shown(['manager'], { env: { SWARMUP_SWARM: 'b' } })).toEqual(['b', ['manager']]);
    const flags = { swarm: swarmFlag };
    expect(await shown(['manager'], { flags, given: { swarm: 'a' } })).toEqual(['a', ['manager']]);
    await writeFile(join(folder, 'swarmup.yaml'), 'name: b\n');
    expect(await shown(['manager'], { flags: { file: labFlags.file } })).toEqual(['b', ['manager']]);
  });

  it('stay as typed when one of them is unknown', async () => {
    await add('agent1.lab');
    await add('manager.prod');
    expect(await shown(['agent1', 'web'])).toEqual(['default', ['agent1.lab', 'web']]);
  });

  it('that are to be made are of the command’s own swarm', async () => {
    await add('manager.lab');
    const flags = { swarm: swarmFlag, 'no-swarm': { type: 'boolean', description: '' } } as const;
    expect(await shown(['manager'], { args: made, flags, given: { swarm: 'default' } })).toEqual([
      'default',
      ['manager'],
    ]);
    expect(await shown(['agent1.lab'], { args: made, flags, given: { swarm: 'lab' } })).toEqual(['lab', ['agent1']]);
    const plain = { swarm: 'default', 'no-swarm': true };
    expect(await shown(['box'], { args: made, flags, given: plain })).toEqual(['no-swarm', ['box']]);
  });

  it('are meant by the commands that are proposed, also where short names mean others here', async () => {
    const proposed = async (...call: Parameters<typeof find>): Promise<string> => {
      await find(...call);
      return swarmup`rm --yes ${'manager'}`;
    };
    const flags = { swarm: swarmFlag };
    await add('manager.prod');
    expect(await proposed(['manager'], { flags, given: { swarm: 'prod' } })).toBe('swarmup rm --yes manager');
    await add('manager');
    const named = 'SWARMUP_SWARM=prod swarmup rm --yes manager';
    expect(await proposed(['manager'], { args: made, flags, given: { swarm: 'prod' } })).toBe(named);
    expect(await proposed([], { flags, given: { swarm: 'prod' } })).toBe(named);
    expect(await proposed(['manager.prod'])).toBe(named);
    // Typed as it is proposed, it means that very host.
    expect(await shown(['manager'], { env: { SWARMUP_SWARM: 'prod' } })).toEqual(['prod', ['manager']]);
    expect(await proposed(['manager'])).toBe('swarmup rm --yes manager');
    expect(await proposed(['manager.prod', 'manager'])).toBe('swarmup rm --yes manager');
  });

  it('are found in places of files, too', async () => {
    await add('agent1.lab', 'manager');
    const args = { place: { description: '', many: true, names: 'places' } } as const;
    expect(await shown(['root@agent1:/etc/hosts', 'manager:', './a:b', 'localhost:x'], { args })).toEqual([
      'default',
      ['root@agent1.lab:/etc/hosts', 'manager:', './a:b', 'localhost:x'],
    ]);
  });

  it('a store with plain hosts only shows their short names', async () => {
    await add('box.no-swarm');
    expect((await find([])).scope).toBe('no-swarm');
    await add('manager.lab');
    expect((await find([])).scope).toBe('lab');
    await add('manager.prod');
    expect((await find([])).scope).toBe('default');
  });
});
