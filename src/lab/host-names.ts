import { naturalOrder } from '../lib/natural-order.js';

const placeholder = /%(?:0([1-9]))?d/;

/** The name of host `number` (from 1) of a pool: `agent%d` → agent3; `manager` → manager, manager2, manager3. */
export function hostName(pattern: string, number: number): string {
  if (!placeholder.test(pattern)) return number === 1 ? pattern : `${pattern}${number}`;
  return pattern.replace(placeholder, (_, digits?: string) => String(number).padStart(Number(digits ?? 1), '0'));
}

/** The number of a host by its name; undefined for one that the pattern did not name. */
export function hostNumber(pattern: string, name: string): number | undefined {
  const [before = '', after = ''] = pattern.split(placeholder).filter((_, i) => i !== 1);
  if (!placeholder.test(pattern) && name === pattern) return 1;
  if (!name.startsWith(before) || !name.endsWith(after)) return undefined;
  const digits = name.slice(before.length, name.length - after.length);
  return /^\d{1,6}$/.test(digits) && hostName(pattern, Number(digits)) === name ? Number(digits) : undefined;
}

interface ChosenHosts {
  /** In the order of their numbers. */
  readonly kept: readonly string[];
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/**
 * Chooses the hosts of a pool for a count. Existing hosts stay: those with the lowest numbers are kept, and new hosts
 * get the lowest free numbers.
 */
export function chooseHosts(pattern: string, count: number, existing: readonly string[]): ChosenHosts {
  const rank = new Map(existing.map((name) => [name, hostNumber(pattern, name) ?? Number.MAX_SAFE_INTEGER]));
  const sorted = [...existing].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0) || naturalOrder(a, b));
  const kept = sorted.slice(0, count);
  const added: string[] = [];
  for (let number = 1; kept.length + added.length < count; number += 1) {
    const name = hostName(pattern, number);
    if (!rank.has(name)) added.push(name);
  }
  return { kept, added, dropped: sorted.slice(count) };
}
