import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildChildProgram, type ChildProgram } from './child-processes.js';

let program: ChildProgram;
let folder: string;
let files: [lock: string, counter: string, journal: string];

beforeAll(async () => {
  program = await buildChildProgram();
});
afterAll(() => program[Symbol.asyncDispose]());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-lock-'));
  files = [join(folder, 'locks', 'counter.lock'), join(folder, 'counter'), join(folder, 'journal')];
  await writeFile(files[1], '0');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The pids that were inside while another, which went on to leave, was inside too: must be none. */
async function overlaps(): Promise<string[]> {
  const lines = (await readFile(files[2], 'utf8')).trimEnd().split('\n');
  const found: string[] = [];
  let inside: string | undefined;
  for (const line of lines) {
    const [event, pid = ''] = line.split(' ');
    if (event === 'leave' && pid !== inside) found.push(pid);
    inside = event === 'enter' ? pid : undefined;
  }
  return found;
}

it('loses no increment of eight processes while four others are killed in turn with the lock in their hands', async () => {
  const counting = Array.from({ length: 8 }, () => program.start(['count', '25', ...files]));
  const doomed = Array.from({ length: 4 }, () => program.start(['countAndHold', '5', ...files]));
  await Promise.all(
    doomed.map(async (child) => {
      expect(await child.nextLine()).toBe('holding');
      child.process.kill('SIGKILL');
      expect((await child.ended).signal).toBe('SIGKILL');
    }),
  );
  for (const child of counting) expect((await child.ended).code).toBe(0);
  // The last one killed may have been the last of all: somebody has to come after it.
  expect((await program.start(['count', '1', ...files]).ended).code).toBe(0);
  expect(Number(await readFile(files[1], 'utf8'))).toBe(8 * 25 + 4 * 5 + 1);
  expect(await overlaps()).toEqual([]);
  expect(await readdir(join(folder, 'locks'))).toEqual([]);
}, 60_000);

it('never lets two processes in, wherever others are killed: waiting, holding or breaking a lock', async () => {
  const doomed = Array.from({ length: 10 }, (_, i) => program.start(['countAndDie', String(5 + i * 15), ...files]));
  const counting = Array.from({ length: 4 }, () => program.start(['count', '20', ...files]));
  for (const child of doomed) expect((await child.ended).signal).toBe('SIGKILL');
  for (const child of counting) expect((await child.ended).code).toBe(0);
  expect(await overlaps()).toEqual([]);
}, 60_000);
