import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentEvent } from '../../src/agent/agent-api.js';
import { EventFile } from '../../src/agent/event-file.js';

const event = (seq: number, message = `number ${seq}`): AgentEvent => ({
  seq,
  time: '2030-01-01T00:00:00.000Z',
  level: 'info',
  kind: 'drift-corrected',
  message,
  source: 'm1',
});

describe('the file of events', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-events-'));
    path = join(folder, 'events');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const kept = (size: number): readonly number[] => new EventFile(path, size).read().map(({ seq }) => seq);

  it('has each event at once, also those of earlier processes, for its owner only', async () => {
    expect(kept(5)).toEqual([]);
    const first = new EventFile(path, 5);
    for (const seq of [1, 2]) {
      first.append(event(seq));
      expect(kept(5).at(-1)).toBe(seq);
    }
    const second = new EventFile(path, 5);
    expect(second.read()).toEqual([event(1), event(2)]);
    second.append(event(3));
    expect(kept(5)).toEqual([1, 2, 3]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['events']);
  });

  it('keeps the last ones, and never holds more than twice as many', async () => {
    const file = new EventFile(path, 5);
    for (let seq = 1; seq <= 100; seq += 1) {
      file.append(event(seq));
      expect((await readFile(path, 'utf8')).trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    }
    expect(kept(5)).toEqual([96, 97, 98, 99, 100]);
  });

  it('leaves out what a crash cut off, what is no event, and what is too long', async () => {
    const file = new EventFile(path, 5);
    file.append(event(1));
    file.append(event(2, 'x'.repeat(10_000)));
    await appendFile(path, '{"seq":7}\nnull\n\u0000\u0000\n{"seq":3,"ti');
    expect(kept(5)).toEqual([1]);
    const next = new EventFile(path, 5);
    next.read();
    next.append(event(4));
    expect(kept(5)).toEqual([1, 4]);
  });

  it('fails when it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const file = new EventFile(join(folder, 'file', 'events'), 5);
    expect(() => {
      file.append(event(1));
    }).toThrow(/ENOTDIR/);
  });
});
