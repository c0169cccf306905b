import { promises as files } from 'node:fs';
import { codeOf } from '../lib/errors.js';
import type { Role } from './machine-record.js';

/** The values that are left in a record that cannot be read; null: none that could be trusted. */
export interface Salvage {
  readonly id: string | null;
  readonly driver: string | null;
  readonly role: Role | null;
  readonly nodeId: string | null;
  /** Of the endpoint: the pinned host key. */
  readonly hostKey: string | null;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is the ID of a record. */
export const isRecordId = (text: string): boolean => uuid.test(text);

/**
 * Reads what is left of a damaged record: a file that ends early, or that an editor has broken, still has its first
 * fields. undefined: there is no file.
 */
export async function salvageRecord(path: string): Promise<Salvage | undefined> {
  const text = await files.readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    return '';
  });
  if (text === undefined) return undefined;
  const value = (key: string, form: RegExp): string | null => {
    const values = [...text.matchAll(new RegExp(`"${key}"\\s*:\\s*"([^"\\\\]*)"`, 'g'))].map(([, found = '']) => found);
    // Of two different values, either one could be wrong.
    const [first] = values;
    return first !== undefined && new Set(values).size === 1 && form.test(first) ? first : null;
  };
  const role = value('role', /^(?:manager|worker)$/);
  return {
    id: value('id', uuid),
    driver: value('driver', /^[a-z][a-z0-9-]*$/),
    role: role === null ? null : role === 'manager' ? 'manager' : 'worker',
    nodeId: value('nodeId', /^[a-z0-9]{20,30}$/),
    hostKey: value('hostKey', /^ssh-ed25519 [A-Za-z0-9+/=]+( [\x20-\x7e]*)?$/),
  };
}
