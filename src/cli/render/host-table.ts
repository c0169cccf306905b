import { dirname } from 'node:path';
import { swarmup } from '../../lib/typed-command.js';
import type { HostRow } from '../../operations/access/results.js';
import type { Listing } from './listing.js';

const driver = (host: HostRow): string => host.driver || '-';
const docker = (host: HostRow): string => host.docker ?? '-';
/** One line each; `inspect` and `--json` have them whole. */
const errors = (host: HostRow): string => host.errors.map((error) => error.replaceAll(/\s+/g, ' ')).join('; ');

/** The list of `ls`. DriverName, DockerVersion and Error are the names that docker-machine had. */
export const hostListing: Listing<HostRow> = {
  id: ({ name }) => name,
  columns: {
    Name: { text: ({ name }) => name },
    Active: { text: ({ active }) => (active ? '*' : '-') },
    Driver: { text: driver },
    State: { text: ({ state }) => state },
    URL: { text: ({ url }) => url ?? '-' },
    Swarm: {
      text: ({ swarm }) => swarm ?? '-',
      cell: ({ swarm, role }) => (role === 'manager' ? `${swarm ?? '-'} (manager)` : (swarm ?? '-')),
    },
    Role: { text: ({ role }) => role ?? '-', head: null },
    FullName: { text: ({ fullName }) => fullName, head: null },
    Lab: { text: ({ lab }) => lab ?? '-', head: null },
    Docker: { text: docker },
    Errors: { text: errors },
    DriverName: { text: driver, head: null },
    DockerVersion: { text: docker, head: null },
    Error: { text: errors, head: null },
  },
  labels: ({ labels }) => labels,
};

/** Below the table: where the labs of these hosts are, and what to do where the manifest is not there any more. */
export function labNotes(hosts: readonly HostRow[], isThere: (manifest: string) => boolean): string {
  const labs = [...new Set(hosts.flatMap(({ lab }) => lab ?? []))];
  const notes = labs.map((lab) => {
    const members = hosts.filter((host) => host.lab === lab);
    const note = `\nlab ${members[0]?.swarm ?? ''}: ${dirname(lab)}`;
    if (isThere(lab)) return note;
    const remove = swarmup`rm ${members.map(({ name }) => name)}`;
    return `${note} (${lab} does not exist; ${remove} removes the hosts)`;
  });
  return notes.join('') + (notes.length > 0 ? '\n' : '');
}

/** What is known of a host without asking its driver or its engine: filters by these need no answer of theirs. */
const known = new Set(['name', 'fullname', 'driver', 'drivername', 'url', 'swarm', 'role', 'lab', 'label']);

/** Whether `--filter` asks for what only drivers and engines can tell. */
export const asksHosts = (filter: string): boolean => !known.has(filter.split('=', 1)[0] ?? '');
