import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePrivateHome } from '../../src/machine/private-home.js';

const me = process.getuid?.();

describe.runIf(me !== undefined)('the folder of the store', () => {
  let home: string;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'swarmup-home-'));
  });
  afterAll(() => rm(home, { recursive: true }));

  it.each([0o777, 0o775, 0o702])('is refused with the mode %o', async (mode) => {
    await chmod(home, mode);
    expect(() => {
      requirePrivateHome(home, me);
    }).toThrow(expect.objectContaining({ code: 'STORE_NOT_PRIVATE', exitCode: 2 }));
  });

  it.each([0o700, 0o755])('is taken with the mode %o, but not if it is another user’s', async (mode) => {
    await chmod(home, mode);
    requirePrivateHome(home, me);
    expect(() => {
      requirePrivateHome(home, (me ?? 0) + 1);
    }).toThrow('belongs to the user with the id');
  });

  it('need not exist', () => {
    requirePrivateHome(join(home, 'none'), me);
  });
});
