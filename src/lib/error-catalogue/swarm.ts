import type { ErrorArea } from './error-entry.js';

export const swarmErrors = {
  ADDRESS_POOL_OVERLAP: {
    exits: [3],
    meaning: 'The address pool of overlay networks overlaps a network that is in use.',
    remedy: 'Choose a free address pool with `--default-addr-pool`.',
  },
  ADDRESS_POOL_USED_UP: {
    exits: [3],
    meaning: 'The address pool has no free subnet left.',
    remedy: 'Choose a subnet for the network with `--subnet`.',
    example: 'the address pool 10.0.0.0/8 has no free subnet: each one overlaps another network',
  },
  ADVERTISE_ADDR_UNKNOWN: {
    exits: [3],
    meaning: 'The host has no address that matches `--advertise-addr`, or no address at all.',
    remedy: 'Name an address of the host, an interface or a network.',
    example: 'manager has no address for --advertise-addr eth7; it has 10.0.0.2 (eth0)',
  },
  AUTOLOCK_OFF: {
    exits: [2],
    meaning: 'The swarm does not lock its managers, so there is no unlock key.',
    remedy: 'Turn on autolock with `swarmup swarm autolock on`.',
  },
  FOREIGN_SWARM: {
    exits: [3],
    meaning: 'The host belongs to a swarm other than the one on record.',
    remedy: 'If that swarm can lose the host, remove the host from it, then run the command again.',
  },
  HOST_IN_SWARM: {
    exits: [2, 3],
    meaning: 'The host is part of another swarm.',
    remedy: 'First remove the host from that swarm with `swarmup swarm leave`.',
  },
  HOST_NOT_IN_SWARM: {
    exits: [2],
    meaning: 'The host is not part of the swarm that the command works on.',
    remedy: 'Name the swarm of the host with `--swarm`.',
  },
  IN_NO_SWARM: {
    exits: [1],
    meaning: 'The manager on record is no longer part of a swarm.',
    remedy: 'Join the host again with `swarmup create`, or recover the swarm.',
  },
  JOIN_FAILED: {
    exits: [1],
    meaning: 'The swarm node on the host failed while it joined.',
    remedy: 'Run docker swarm leave `--force` on the host, then run the command again.',
  },
  JOIN_HALF_DONE: {
    exits: [1],
    meaning: 'The host did not join, and the failed join could not be undone.',
    remedy: 'Check the swarm with `swarmup swarm status`, then follow the hints.',
  },
  KEY_COMMAND_EMPTY: {
    exits: [2],
    meaning: '`--key-command` is empty.',
    remedy: 'Name the shell command that stores the unlock key.',
  },
  KEY_CUSTODY_FAILED: {
    exits: [1],
    meaning: 'The place that stores the unlock key could not be read or written.',
    remedy: 'Store the key in a file instead with `swarmup swarm autolock on --key-file`.',
  },
  LAST_MANAGER: {
    exits: [1],
    meaning: 'The change would leave the swarm without a manager.',
    remedy: 'Promote another node first.',
    example: 'rm manager: swarm default would be left without a manager',
  },
  MANAGER_LOCKED: {
    exits: [1, 6],
    meaning: 'The manager was restarted and waits for the unlock key of the swarm.',
    remedy: 'Unlock the manager with `swarmup swarm unlock`.',
  },
  MANAGER_UNREACHED: {
    exits: [1],
    meaning: 'The node was promoted, but the other managers cannot reach it.',
    remedy: 'Open port 2377/tcp on the node for the other managers, then run the command again.',
  },
  NODE_AMBIGUOUS: { exits: [2], meaning: 'Several nodes have this name.', remedy: 'Name the node by its ID.' },
  NODE_DOWN: {
    exits: [1],
    meaning: 'The node is not Ready, so it cannot become a manager.',
    remedy: 'Start the host, then run the command again.',
    example: 'agent1 is not Ready, so it cannot become a manager of swarm default',
  },
  NODE_NOT_EMPTIED: {
    exits: [6],
    meaning: 'The tasks of a node could not be moved to other nodes.',
    remedy: '`swarmup service ps` shows why; fix the problem, then run the same command again.',
  },
  NODE_NOT_OURS: {
    exits: [3],
    meaning: 'The node is Ready, but swarmup does not manage its host and cannot make it leave the swarm.',
    remedy: 'Run docker swarm leave on that host, or remove the node with `--force`.',
  },
  NODE_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no node with this name.',
    remedy: 'See the nodes with `swarmup node ls`.',
  },
  NOTHING_TO_CHANGE: {
    exits: [2],
    meaning: 'The command was not told what to change.',
    remedy: 'Use at least one of its settings.',
  },
  NOT_A_MANAGER: {
    exits: [1],
    meaning: 'The host is not a manager of a swarm.',
    remedy: 'Name a manager, or promote the host with `swarmup node promote`.',
  },
  NOT_JOINED: {
    exits: [1],
    meaning: 'The host has Docker, but could not join the swarm.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'agent1 has Docker, but is not in the swarm: no manager of swarm default answers',
  },
  NO_CAPACITY: {
    exits: [3],
    meaning: 'No other node has room for the tasks of a node that is to be emptied.',
    remedy: 'Add a node, or lower the requirements of the service.',
  },
  NO_MANAGER: {
    exits: [6],
    meaning: 'No manager of the swarm answers, or no host on record is a manager.',
    remedy: 'Start the managers, or recover the swarm with `swarmup swarm recover`.',
  },
  NO_MANAGER_WANTED: {
    exits: [2],
    meaning: 'The swarm does not exist yet, and none of the hosts would be its manager.',
    remedy: 'Leave out `--managers`, or use at least `--managers` 1.',
    example: 'swarm default does not exist yet and none of agent1, agent2 would be its manager',
  },
  NO_PLACE_FOR_TASKS: {
    exits: [1],
    meaning: 'After the change, tasks would have no node to run on.',
    remedy: 'First add a node, or activate a node that is drained.',
    example: 'drain agent1: no node would be left on which tasks may run',
  },
  NO_QUORUM: {
    exits: [1],
    meaning: 'The manager cannot reach enough other managers for a quorum.',
    remedy: 'Start the other managers, or recover the swarm with `swarmup swarm recover`.',
    example: 'the swarm does not have a leader',
  },
  QUORUM_AT_RISK: {
    exits: [1],
    meaning: 'The change would leave fewer reachable managers than the quorum needs.',
    remedy: 'First start the managers that are down, or name fewer managers at a time.',
    example: 'stop m2: 3 managers would be left, of which 1 is reachable and 2 must be reachable',
  },
  QUORUM_HELD: {
    exits: [1],
    meaning: 'The swarm has its quorum, so a recovery would discard managers without need.',
    remedy: 'Remove single dead nodes with `swarmup node rm`.',
    example: 'swarm default has its quorum, so a new cluster would discard its other managers without need',
  },
  QUORUM_LOST: {
    exits: [1],
    meaning: 'The swarm has lost its quorum, so it cannot be changed.',
    remedy: 'Start the managers that are down, or recover the swarm with `swarmup swarm recover`.',
    example: 'swarm default has lost its quorum: 1 of 3 managers is reachable',
  },
  SWARM_ALIVE: {
    exits: [3],
    meaning: 'A backup would replace a swarm that is still alive.',
    remedy: 'Restore the backup under another name with `--swarm`, or replace the existing swarm with `--force`.',
  },
  SWARM_ENDS: {
    exits: [3],
    meaning:
      'The command would remove the last hosts of the swarm, and its services, networks and secrets would be lost.',
    remedy: 'Add `--force` to end the swarm.',
    example: 'manager, agent1 are all hosts of swarm default: its services, networks and secrets would be lost',
  },
  SWARM_EXISTS: {
    exits: [2],
    meaning: 'A swarm with this name exists already.',
    remedy: 'Join the swarm with `swarmup swarm join`, or use another name with `--swarm`.',
  },
  SWARM_HALF_MADE: {
    exits: [1],
    meaning: 'The creation of the swarm was not finished: the swarm has no manager.',
    remedy: 'Finish the creation with `swarmup create`, or remove the hosts with `swarmup rm`.',
  },
  SWARM_UNHEALTHY: {
    exits: [6],
    meaning: 'A node is not Ready or a manager is not reachable, but an upgrade needs a healthy swarm.',
    remedy: 'Fix or remove the node that `swarmup swarm status` shows.',
    example: 'agent1 is down: a swarm can be upgraded only when all its nodes are Ready',
  },
  SWARM_UNKNOWN: {
    exits: [2],
    meaning: 'There is no swarm with this name.',
    remedy: 'See the hosts and their swarms with `swarmup ls`.',
  },
  UNLOCK_KEY_INVALID: {
    exits: [1],
    meaning: 'The text is not an unlock key.',
    remedy: 'Use the whole key, which begins with SWMKEY-1-.',
  },
  UNLOCK_KEY_MISSING: {
    exits: [1, 6],
    meaning: 'The unlock key of the swarm is not stored.',
    remedy: 'Pass the key on stdin: `swarmup swarm unlock --key-stdin`.',
  },
  UNLOCK_KEY_NEEDED: {
    exits: [2],
    meaning: 'The manager is locked, and there is no terminal to ask for the unlock key.',
    remedy: 'Name a file with the key with `--unlock-key-file`.',
  },
  UNLOCK_KEY_UNREADABLE: {
    exits: [2],
    meaning: 'The file with the unlock key cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
  },
  UNLOCK_KEY_WRONG: {
    exits: [1, 3],
    meaning: 'The unlock key does not open the manager.',
    remedy: 'Try the key from before the last rotation, if there was one.',
  },
} satisfies ErrorArea;
