import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRights } from '../../../src/drivers/docker/rights.js';

let cacheDir = '';
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'swarmup-rights-'));
});
afterEach(() => rm(cacheDir, { recursive: true, force: true }));

/** An engine that allows or refuses; notes what was tried. */
function engine(allows: boolean) {
  const tried: boolean[] = [];
  const work = async (privileged: boolean): Promise<string | undefined> => {
    tried.push(privileged);
    await Promise.resolve();
    return privileged && !allows ? undefined : `made ${String(privileged)}`;
  };
  return { tried, work };
}

describe('rights', () => {
  it('are all where the engine gives them', async () => {
    const { tried, work } = engine(true);
    const rights = findRights();
    const memory = { engineId: 'A:B', cacheDir };
    const made = await Promise.all([1, 2, 3].map(() => rights.use(memory, work)));
    expect(made).toEqual(['made true', 'made true', 'made true']);
    expect(tried).toEqual([true, true, true]);
  });

  it('are found out by the first of several, and noted for the next process', async () => {
    const { tried, work } = engine(false);
    const rights = findRights();
    const memory = { engineId: 'A:B', cacheDir };
    const made = await Promise.all([1, 2, 3].map(() => rights.use(memory, work)));
    expect(made).toEqual(['made false', 'made false', 'made false']);
    expect(tried).toEqual([true, false, false, false]);

    const next = engine(false);
    await findRights().use(memory, next.work);
    expect(next.tried).toEqual([false]);
    const other = engine(true);
    await findRights().use({ engineId: 'C:D', cacheDir }, other.work);
    expect(other.tried).toEqual([true]);
  });

  it('stay unknown when the first one fails for another reason: the next finds out', async () => {
    const rights = findRights();
    const memory = { engineId: 'A:B', cacheDir };
    const { tried, work } = engine(true);
    const first = rights.use(memory, () => Promise.reject(new Error('disk full')));
    const second = rights.use(memory, work);
    await expect(first).rejects.toThrow('disk full');
    expect(await second).toBe('made true');
    expect(tried).toEqual([true]);
  });
});
