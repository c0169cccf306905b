// A process of its own for the tests of this folder; see child-processes.ts.
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { SwarmupError } from '../../src/lib/errors.js';
import { writeFileAtomic } from '../../src/machine/atomic-file.js';
import { openStore } from '../../src/machine/file-store.js';
import { withFileLock } from '../../src/machine/lock.js';

/** Adds one to the number in `counter`; the journal shows who was inside, and whether two were there at once. */
async function increment(lock: string, counter: string, journal: string): Promise<void> {
  await withFileLock(lock, { key: 'counter' }, async () => {
    await appendFile(journal, `enter ${process.pid}\n`);
    const value = Number(await readFile(counter, 'utf8'));
    await writeFile(counter, String(value + 1));
    await appendFile(journal, `leave ${process.pid}\n`);
  });
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const hang = (): Promise<never> =>
  new Promise(() => {
    setInterval(() => undefined, 60_000);
  });

const killSelf = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

const programs: Readonly<Record<string, (...args: string[]) => Promise<void>>> = {
  async count(times = '', lock = '', counter = '', journal = '') {
    for (let i = 0; i < Number(times); i++) await increment(lock, counter, journal);
  },
  /** Counts, then takes the lock and keeps it: to be killed when it says so. */
  async countAndHold(times = '', lock = '', counter = '', journal = '') {
    for (let i = 0; i < Number(times); i++) await increment(lock, counter, journal);
    await withFileLock(lock, { key: 'counter' }, async () => {
      say('holding');
      await hang();
    });
  },
  /** Counts until it kills itself, wherever it is then: waiting, holding, or breaking a lock. */
  async countAndDie(afterMs = '', lock = '', counter = '', journal = '') {
    setTimeout(killSelf, Number(afterMs));
    for (;;) await increment(lock, counter, journal);
  },
  async update(times = '', home = '', name = '') {
    for (let i = 0; i < Number(times); i++)
      await openStore(home).update(name, (record) => ({ ...record, driverState: Number(record.driverState) + 1 }));
  },
  /** Replaces a file by a megabyte of one letter again and again until it kills itself, but not before the third. */
  async writeAndDie(afterMs = '', path = '') {
    const write = (letter: string): Promise<void> => writeFileAtomic(path, letter.repeat(1_000_000));
    await write('a');
    say('written');
    await write('b');
    await write('c');
    setTimeout(killSelf, Number(afterMs));
    for (;;) for (const letter of ['d', 'e', 'f']) await write(letter);
  },
  async read(home = '', name = '') {
    try {
      say(JSON.stringify(await openStore(home).require(name)));
    } catch (error) {
      say(JSON.stringify(error instanceof SwarmupError ? error : String(error)));
    }
  },
};

const [program = '', ...args] = process.argv.slice(2);
await programs[program]?.(...args);
