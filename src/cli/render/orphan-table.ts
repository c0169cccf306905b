import type { OrphanRow, OrphansResult } from '../../operations/hosts/list-orphans.js';
import type { Listing } from './listing.js';

const things = ({ things: all }: OrphanRow): string => all.map(({ kind, name }) => `${kind} ${name}`).join(', ');

/** What is to be known of it, one line. */
function note({ unreadable, fault, error }: OrphanRow): string {
  if (error !== undefined) return error.message;
  if (unreadable !== null) return `belongs to a record that cannot be read: ${unreadable}`;
  return fault ?? '';
}

/** The list of `orphans`. */
export const orphanListing: Listing<OrphanRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name },
    Kind: { text: ({ kind }) => kind },
    Driver: { text: ({ driver }) => driver },
    Owner: { text: ({ owner }) => owner ?? '-', cell: ({ mine, owner }) => (mine ? 'you' : (owner ?? '-')) },
    Age: { text: ({ madeAt }) => (madeAt === null ? '-' : age(Date.now() - Date.parse(madeAt))) },
    State: { text: ({ running }) => (running === null ? '-' : running ? 'running' : 'stopped') },
    Status: { text: ({ status }) => status, cell: ({ status }) => (status === 'found' ? '-' : status) },
    ID: { text: ({ machineId }) => machineId ?? '-', head: null },
    Swarm: { text: ({ swarm }) => swarm ?? '-', head: null },
    Things: { text: things, head: null },
    Note: { text: note },
  },
};

const units: readonly (readonly [name: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** In the largest unit of which there is a whole one: `3 d`. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [name, size] = units.find(([, size]) => seconds >= size) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${name}`;
}

/** What stands below the table. */
export const orphanNotes = ({ notes, orphans }: OrphansResult): string =>
  notes.length === 0 ? '' : `${orphans.length === 0 ? '' : '\n'}${notes.map((text) => `${text}\n`).join('')}`;
