import type { NodeRow } from '../../operations/access/results.js';
import type { Listing } from './listing.js';

/** The list of `node ls`; Hostname, Status, ManagerStatus and EngineVersion are docker's names. */
export const nodeListing: Listing<NodeRow> = {
  id: ({ id }) => id,
  columns: {
    Name: { text: ({ name }) => name, head: 'NODE' },
    Hostname: { text: ({ name }) => name, head: null },
    ID: { text: ({ id }) => id, head: null },
    Role: { text: ({ role }) => role },
    Status: {
      text: ({ state }) => state,
      cell: ({ state, former }) => (former ? `${state} (former)` : state),
      head: 'STATE',
    },
    Availability: { text: ({ availability }) => availability },
    ManagerStatus: { text: ({ leader, reachability }) => (leader ? 'leader' : (reachability ?? '-')), head: 'MANAGER' },
    Address: { text: ({ address }) => address || '-' },
    EngineVersion: { text: ({ engineVersion }) => engineVersion || '-', head: 'DOCKER' },
  },
};
