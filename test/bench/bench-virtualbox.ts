import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type DoubleBench, openDoubleBench } from '../drivers/virtualbox/double-bench.js';
import { testIdentities } from '../support/driver-context.js';

/**
 * Counts the calls of VBoxManage for a host, and how long everything but the boot takes, over the double; writes the
 * table into docs/performance.md. There is no time limit: the machine may be busy with other things.
 */
const { identity } = testIdentities();
const rounds = 5;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function timeOf(
  bench: DoubleBench,
  count: number,
): Promise<{ readonly seconds: number; readonly calls: number }> {
  const hosts = Array.from({ length: count }, (_, i) => identity(`m${i}`));
  bench.calls.length = 0;
  const began = performance.now();
  await Promise.all(hosts.map((host) => bench.create(host)));
  const seconds = (performance.now() - began) / 1000;
  const calls = bench.calls.length;
  for (const host of hosts) await bench.remove(host);
  return { seconds, calls };
}

await using bench = await openDoubleBench();
// The image and the network are there from then on.
await timeOf(bench, 1);
const one: Awaited<ReturnType<typeof timeOf>>[] = [];
const three: Awaited<ReturnType<typeof timeOf>>[] = [];
for (let round = 0; round < rounds; round++) {
  one.push(await timeOf(bench, 1));
  three.push(await timeOf(bench, 3));
}
const began = performance.now();
for (let call = 0; call < 10; call++) await bench.vbox('list', 'vms');
const callS = (performance.now() - began) / 10_000;
const oneS = median(one.map(({ seconds }) => seconds));
const threeS = median(three.map(({ seconds }) => seconds));
const rows = [
  ['calls of VBoxManage per create (docker-machine: about 25)', String(median(one.map(({ calls }) => calls))), ''],
  ['one host, everything but the boot', `${oneS.toFixed(2)} s`, '≤ 3 s'],
  ['three hosts at once', `${threeS.toFixed(2)} s (${(threeS / oneS).toFixed(2)} ×)`, '≤ 1.5 ×'],
  ['of that, one call of the double costs', `${callS.toFixed(2)} s`, ''],
];
const table = [
  '| virtualbox, over the double | measured | target |',
  '|---|---|---|',
  ...rows.map((row) => `| ${row.join(' | ')} |`),
].join('\n');
const machine = `${cpus().length} cores (load ${(loadavg()[0] ?? 0).toFixed(1)}), ${new Date().toISOString().slice(0, 10)}`;
process.stdout.write(`${table}\n\n${machine}\n`);
const page = join(import.meta.dirname, '..', '..', 'docs', 'performance.md');
const marked = /(<!-- bench:virtualbox -->\n)[\s\S]*(<!-- \/bench:virtualbox -->)/;
const text = await readFile(page, 'utf8');
await writeFile(page, text.replace(marked, `$1\nMedian of ${rounds}, measured on ${machine}.\n\n${table}\n\n$2`));
