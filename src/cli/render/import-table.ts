import type { ImportedMachine } from '../../operations/transfer/imported-record.js';
import { table } from './table.js';

/** The table of `import` of a docker-machine store; below it why machines were left out. */
export function importTable(machines: readonly ImportedMachine[]): string {
  if (machines.length === 0) return 'no machines\n';
  const rows = machines.map(({ name, formerName, formerDriver, driver, ssh, status }) => [
    formerName === undefined ? name : `${name} (was ${formerName})`,
    status,
    driver === formerDriver ? (driver ?? '-') : `${formerDriver ?? '?'} → ${driver ?? '-'}`,
    ssh ?? '-',
  ]);
  const reasons = machines.flatMap(({ name, error }) =>
    error === undefined ? [] : [`${name}: ${error.message}`, ...error.hints.map((hint) => `  → ${hint}`)],
  );
  return table(['NAME', 'STATUS', 'DRIVER', 'SSH'], rows) + reasons.map((line) => `${line}\n`).join('');
}
