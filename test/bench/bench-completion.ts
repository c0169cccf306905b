import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/machine/file-store.js';
import { machineRecord } from '../machine/machine-record.js';
import { alternate, timed } from './timing.js';
import { type Row, writeSection } from './write-section.js';

/**
 * Prints what a TAB takes beside an empty Node.js in the same run, and writes the table into docs/performance.md.
 * Figures are medians of runs that alternate. There is no time limit: a slow machine is slow on both sides.
 */
// It makes an empty Node.js start twice as slow and would flatter every ratio.
delete process.env['NODE_EXTRA_CA_CERTS'];

const program = join(import.meta.dirname, '..', '..', 'bin', 'run.js');
const millis = (ms: number): string => `${ms.toFixed(0)} ms`;
const hosts = 50;
const runs = 15;

async function measure(): Promise<readonly Row[]> {
  const home = await mkdtemp(join(tmpdir(), 'swarmup-bench-'));
  try {
    const store = openStore(home);
    for (let i = 1; i <= hosts; i += 1) await store.add(machineRecord(`host${i}`, { phase: 'ready' }));
    const run = (argv: readonly string[]): Promise<number> =>
      timed(() => execa(process.execPath, argv, { env: { SWARMUP_HOME: home }, stdin: 'ignore' }));
    const rows: Row[] = [];
    for (const [what, words] of [
      ['the commands', ['']],
      ['the flags of `create`', ['create', '--']],
      [`the names of ${hosts} hosts`, ['rm', '']],
    ] as const) {
      const [ours, floor] = await alternate(
        runs,
        () => run([program, 'completion', 'bash', '--', ...words]),
        () => run(['-e', '0']),
      );
      rows.push({
        what: `TAB: ${what}`,
        measured: `${millis(ours)} (node -e 0: ${millis(floor)}, ratio ${(ours / floor).toFixed(2)})`,
        target: '≤ 2 ×',
      });
    }
    return rows;
  } finally {
    await rm(home, { recursive: true });
  }
}

await writeSection('completion', await measure());
