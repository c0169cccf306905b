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
    Docker: { text: docker },
    Errors: { text: errors },
    DriverName: { text: driver, head: null },
    DockerVersion: { text: docker, head: null },
    Error: { text: errors, head: null },
  },
  labels: ({ labels }) => labels,
};

/** What is known of a host without asking its driver or its engine: filters by these need no answer of theirs. */
const known = new Set(['name', 'driver', 'drivername', 'url', 'swarm', 'role', 'label']);

/** Whether `--filter` asks for what only drivers and engines can tell. */
export const asksHosts = (filter: string): boolean => !known.has(filter.split('=', 1)[0] ?? '');
