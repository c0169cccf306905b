import { command, type ErrorArea } from './error-entry.js';

const id = '3f9a2107-5c1d-4e0a-9b7e-2d6c8f4a1b35';

export const orphansErrors = {
  ADOPT_INCOMPLETE: {
    exits: [3],
    meaning:
      'The host itself no longer exists, only some of what belonged to it; or its creation was interrupted too early.',
    remedy: `Remove the rest with ${command`orphans --delete agent1.default`}.`,
    values: { name: 'agent1.default', left: 'volume swarmup-agent1-docker-3f9a2107' },
  },
  ADOPT_KEYS_LOST: {
    exits: [3],
    meaning: 'The keys of the host are lost with its record, and its driver cannot give it new ones.',
    remedy: `Remove the host with ${command`orphans --delete agent1.default`} and create it again.`,
    values: { name: 'agent1.default', driver: 'example' },
  },
  ADOPT_OTHER_SWARM: {
    exits: [2],
    meaning: 'The hosts to be taken over belong to several swarms, or not to the one that was named.',
    remedy: 'Repeat the command for each swarm, with full names, as in the hint.',
    example: 'agent1.lab belongs to swarm lab, and adopt works on one swarm at a time',
  },
  ADOPT_UNSUPPORTED: {
    exits: [3],
    meaning: 'The labels that the driver puts on a host do not hold enough to write its record again.',
    remedy: `Remove the host with ${command`orphans --delete agent1.default`} and create it again.`,
    values: { name: 'agent1.default', driver: 'example' },
  },
  LABELS_INVALID: {
    exits: [3],
    meaning: 'A label of the host is missing or has a value that swarmup never writes, so it was changed by hand.',
    remedy: `Correct the label with the tool of the driver, or remove the host with ${command`orphans --delete agent1`}.`,
    values: { name: 'swarmup-agent1', fault: 'its label of the host is "../x"' },
  },
  NO_INVENTORY: {
    exits: [2],
    meaning: 'The driver makes nothing that it could list, or puts no labels on it.',
    remedy: 'Create hosts that exist already again, by their address.',
    values: { driver: 'generic' },
  },
  ORPHAN_AMBIGUOUS: {
    exits: [2],
    meaning: 'Several hosts without a record have this name.',
    remedy: 'Name the host by the beginning of its ID, which the message lists.',
    example: `there are 2 hosts named agent1.default without a record: ${id}, 77e0c5d4-0000-4000-8000-000000000000`,
  },
  ORPHAN_EXISTS: {
    exits: [3],
    meaning: 'A host with this name exists in the swarm, but its record is lost.',
    remedy: `Take the host over with ${command`adopt agent1.default`}, or remove it with ${command`orphans --delete agent1.default`}.`,
    example:
      'there are hosts with these names already, without a record: agent1.default (container swarmup-default-agent1)',
  },
  ORPHAN_FOREIGN: {
    exits: [3],
    meaning: 'Another store made the host, and may still use it.',
    remedy: 'Ask its owner; if it is yours all the same, add `--any-owner`.',
    example: 'agent1.default was made by anna@laptop/3f9a21',
  },
  ORPHAN_RECORDED: {
    exits: [3],
    meaning: 'The host may have a record that cannot be read, or its name belongs to another host on record.',
    remedy: `Take the host over with ${command`adopt agent1.default`}, or remove it and its record with ${command`rm --force agent1`}.`,
    example: 'the record of agent1 cannot be read and may be that of agent1.default',
  },
  ORPHAN_UNKNOWN: {
    exits: [2],
    meaning: 'Nothing with this name is without a record.',
    remedy: `Type a name as ${command`orphans`} shows it.`,
    values: { word: 'agent9' },
  },
} as const satisfies ErrorArea;
