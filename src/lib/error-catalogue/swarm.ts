import { command, type ErrorArea } from './error-entry.js';

export const swarmErrors = {
  ADDRESS_FOREIGN: {
    exits: [6],
    meaning: 'A node advertises an address that its host does not have, so packets of other nodes go elsewhere.',
    remedy: `Let the host leave the swarm and join it again: ${command`swarm leave NAME`}, ${command`swarm join NAME`}.`,
    example: 'the node of agent1 advertises 172.30.0.4, which is not an address of the host',
  },
  ADDRESS_POOL_OVERLAP: {
    exits: [3],
    meaning: 'The address pool of overlay networks overlaps a network that is in use.',
    remedy: 'Choose a free address pool with `--default-addr-pool`.',
    values: { pool: '10.20.0.0/16', cidr: '10.20.1.0/24', owner: 'a network of agent1' },
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
    remedy: `Turn on autolock with ${command`swarm autolock on`}.`,
  },
  FOREIGN_SWARM: {
    exits: [3],
    meaning: 'The host belongs to a swarm other than the one on record.',
    remedy: 'If that swarm can lose the host, remove the host from it, then run the command again.',
    values: { detail: 'its cluster ID differs from that of the swarm that swarmup made' },
  },
  HOST_IN_SWARM: {
    exits: [2, 3],
    meaning: 'The host is part of another swarm.',
    remedy: `First remove the host from that swarm with ${command`swarm leave agent1`}.`,
    values: { other: 'lab' },
  },
  HOST_NOT_IN_SWARM: {
    exits: [2],
    meaning: 'The host is not part of the swarm that the command works on.',
    remedy: 'Name the swarm of the host with `--swarm`.',
    values: { where: 'is in no swarm' },
  },
  IN_NO_SWARM: {
    exits: [1],
    meaning: 'The manager on record is no longer part of a swarm.',
    remedy: `Join the host again with ${command`create agent1`}, or recover the swarm.`,
  },
  JOIN_FAILED: {
    exits: [1],
    meaning: 'The swarm node on the host failed while it joined.',
    remedy: 'Run docker swarm leave `--force` on the host, then run the command again.',
    values: { trouble: 'rpc error: code = Unavailable desc = connection error' },
  },
  JOIN_HALF_DONE: {
    exits: [1],
    meaning: 'The host did not join, and the failed join could not be undone.',
    remedy: `Check the swarm with ${command`swarm status`}, then follow the hints.`,
    values: {
      reason: ['waited 120 s for agent1 to be a manager', 'no SSH connection to agent1 (10.0.0.5:22): no answer'],
    },
  },
  KEY_COMMAND_EMPTY: {
    exits: [2],
    meaning: '`--key-command` is empty.',
    remedy: 'Name the shell command that stores the unlock key.',
  },
  KEY_CUSTODY_FAILED: {
    exits: [1],
    meaning: 'The place that stores the unlock key could not be read or written.',
    remedy: `Store the key in a file instead with ${command`swarm autolock on --key-file unlock.keys`}.`,
    values: {
      where: 'the keyring (secret-tool)',
      reason: 'the keyring (secret-tool): Cannot autolaunch D-Bus without X11 $DISPLAY',
    },
  },
  LAST_MANAGER: {
    exits: [1],
    meaning: 'The change would leave the swarm without a manager.',
    remedy: 'Promote another node first.',
    example: 'manager cannot be removed: swarm default would be left without a manager',
  },
  MANAGER_LOCKED: {
    exits: [1, 6],
    meaning: 'The manager was restarted and waits for the unlock key of the swarm.',
    remedy: `Unlock the manager with ${command`swarm unlock agent1`}.`,
  },
  MANAGER_UNREACHED: {
    exits: [1],
    meaning: 'The node was promoted, but the other managers cannot reach it.',
    remedy: 'Open port 2377/tcp on the node for the other managers, then run the command again.',
  },
  NODE_AMBIGUOUS: {
    exits: [2],
    meaning: 'Several nodes have this name.',
    remedy: 'Name the node by its ID.',
    values: { length: '2', wanted: 'agent1' },
  },
  NODE_DOWN: {
    exits: [1],
    meaning: 'The node is not Ready, so it cannot become a manager.',
    remedy: 'Start the host, then run the command again.',
    example: 'agent1 is not Ready, so it cannot become a manager of swarm default',
  },
  NODE_NOT_EMPTIED: {
    exits: [6],
    meaning: 'The tasks of a node could not be moved to other nodes.',
    remedy: `${command`service ps web`} shows why; fix the problem, then run the same command again.`,
    values: { why: 'a replacement on another node failed (No such image: shop/web:2)' },
  },
  NODE_NOT_OURS: {
    exits: [3],
    meaning: 'The node is Ready, but swarmup does not manage its host and cannot make it leave the swarm.',
    remedy: 'Run docker swarm leave on that host, or remove the node with `--force`.',
  },
  NODE_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no node with this name.',
    remedy: `See the nodes with ${command`node ls`}.`,
    values: { wanted: 'agent9' },
  },
  NOTHING_TO_CHANGE: {
    exits: [2],
    meaning: 'The command was not told what to change.',
    remedy: 'Use at least one of its settings.',
  },
  NOT_A_MANAGER: {
    exits: [1],
    meaning: 'The host is not a manager of a swarm.',
    remedy: `Name a manager, or promote the host with ${command`node promote agent1`}.`,
    values: { why: 'its node is active and is not a manager' },
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
    values: { why: 'no other node may run the service' },
  },
  NO_MANAGER: {
    exits: [6],
    meaning: 'No manager of the swarm answers, or no host on record is a manager.',
    remedy: `Start the managers, or recover the swarm with ${command`swarm recover`}.`,
    values: { why: 'no SSH connection to manager (10.0.0.4:22): no answer' },
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
    example: 'agent1 cannot be drained: no active node would be left for 3 tasks',
  },
  NO_QUORUM: {
    exits: [1],
    meaning: 'The manager cannot reach enough other managers for a quorum.',
    remedy: `Start the other managers, or recover the swarm with ${command`swarm recover`}.`,
    example: 'the swarm does not have a leader',
  },
  OVERLAY_PORT_BLOCKED: {
    exits: [6],
    meaning:
      'The host is a node, but packets to the UDP port of overlay networks do not get into the host or out of it.',
    remedy: `Open the port in the firewalls, then run the same command again; ${command`doctor`} tests all pairs of hosts.`,
    values: { from: 'manager', to: 'agent1', port: '4789' },
  },
  QUORUM_AT_RISK: {
    exits: [1],
    meaning: 'The change would leave fewer reachable managers than the quorum needs.',
    remedy: 'First start the managers that are down, or name fewer managers at a time.',
    example: 'm2 cannot stop: 1 of 3 managers of swarm default would be reachable, and 2 must be reachable',
  },
  QUORUM_HELD: {
    exits: [1],
    meaning: 'The swarm has its quorum, so a recovery would discard managers without need.',
    remedy: `Remove single dead nodes with ${command`node rm agent1`}.`,
    example: 'swarm default has its quorum, so a new cluster would discard its other managers without need',
  },
  QUORUM_LOST: {
    exits: [1],
    meaning: 'The swarm has lost its quorum, so it cannot be changed.',
    remedy: `Start the managers that are down, or recover the swarm with ${command`swarm recover`}.`,
    example: 'only 1 of 3 managers of swarm default are reachable, so nothing can be changed',
  },
  SEVERAL_MANAGERS: {
    exits: [6],
    meaning:
      'A manager was made again at another address, and no other manager of its swarm answers that could take it in.',
    remedy: `Start another manager. If all others are lost, run ${command`swarm recover`}.`,
    example: 'm1 is at 172.30.0.9 now, and only another manager of swarm default could take it in as a new node',
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
    remedy: `Join the swarm with ${command`swarm join agent1`}, or use another name with \`--swarm\`.`,
  },
  SWARM_HALF_MADE: {
    exits: [1],
    meaning: 'The creation of the swarm was not finished: the swarm has no manager.',
    remedy: `Finish the creation with ${command`create agent1`}, or remove the hosts with ${command`rm agent1`}.`,
  },
  SWARM_UNHEALTHY: {
    exits: [6],
    meaning: 'A node is not Ready or a manager is not reachable, but an upgrade needs a healthy swarm.',
    remedy: `Fix or remove the node that ${command`swarm status`} shows.`,
    example: 'agent1 is down: a swarm can be upgraded only when all its nodes are Ready',
  },
  SWARM_UNKNOWN: {
    exits: [2],
    meaning: 'There is no swarm with this name.',
    remedy: `See the hosts and their swarms with ${command`ls`}.`,
  },
  UNLOCK_KEY_INVALID: {
    exits: [1],
    meaning: 'The text is not an unlock key.',
    remedy: 'Use the whole key, which begins with SWMKEY-1-.',
  },
  UNLOCK_KEY_MISSING: {
    exits: [1, 6],
    meaning: 'The unlock key of the swarm is not stored.',
    remedy: `Pass the key on stdin: ${command`swarm unlock --key-stdin agent1`}.`,
    example: 'the certificate of m1 has expired, and the state of the host is locked',
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
    values: { file: 'unlock.key', reason: "ENOENT: no such file or directory, open 'unlock.key'" },
  },
  UNLOCK_KEY_WRONG: {
    exits: [1, 3],
    meaning: 'The unlock key does not open the manager.',
    remedy: 'Try the key from before the last rotation, if there was one.',
  },
} satisfies ErrorArea;
