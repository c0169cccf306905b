import { command, type ErrorArea } from './error-entry.js';

export const swarmErrors = {
  ADDRESS_POOL_OVERLAP: {
    exits: [3],
    meaning: 'The address pool of overlay networks overlaps a network that is in use.',
    remedy: 'Take a free one with `--default-addr-pool`.',
    values: { pool: '10.20.0.0/16', cidr: '10.20.1.0/24', owner: 'a network of agent1' },
  },
  ADDRESS_POOL_USED_UP: {
    exits: [3],
    meaning: 'The address pool has no free subnet left.',
    remedy: 'Give the network a subnet of its own with `--subnet`.',
    example: 'the address pool 10.0.0.0/8 has no subnet left that meets no other network',
  },
  ADVERTISE_ADDR_UNKNOWN: {
    exits: [3],
    meaning: 'The host has no address that fits `--advertise-addr`, or none at all.',
    remedy: 'Give an address of the host, the name of an interface, or a network.',
    example: 'manager has no address for --advertise-addr eth7; it has 10.0.0.2 (eth0)',
  },
  AUTOLOCK_OFF: {
    exits: [2],
    meaning: 'The swarm does not lock its managers, so there is no unlock key.',
    remedy: `Turn it on with ${command`swarm autolock on`}.`,
  },
  FOREIGN_SWARM: {
    exits: [3],
    meaning: 'The host belongs to another swarm than the one on record.',
    remedy: 'Let it leave that swarm, if that swarm may lose it, then run the command again.',
    values: { detail: 'its cluster ID is not the one that swarmup made' },
  },
  HOST_IN_SWARM: {
    exits: [2, 3],
    meaning: 'The host is part of another swarm.',
    remedy: `Let it leave that swarm first with ${command`swarm leave agent1`}.`,
    values: { other: 'lab' },
  },
  HOST_NOT_IN_SWARM: {
    exits: [2],
    meaning: 'The host is not part of the swarm that the command is about.',
    remedy: 'Name its swarm with `--swarm`.',
    values: { where: 'is in no swarm' },
  },
  IN_NO_SWARM: {
    exits: [1],
    meaning: 'The manager on record is no longer part of a swarm.',
    remedy: `Let it join again with ${command`create agent1`}, or recover the swarm.`,
  },
  JOIN_FAILED: {
    exits: [1],
    meaning: 'The swarm node on the host failed while it joined.',
    remedy: 'Let it leave with docker swarm leave `--force` on the host, then run the command again.',
    values: { trouble: 'rpc error: code = Unavailable desc = connection error' },
  },
  JOIN_HALF_DONE: {
    exits: [1],
    meaning: 'The host did not join, and what is left of the attempt cannot be taken back.',
    remedy: `Look at the swarm with ${command`swarm status`}, then follow the hints.`,
    values: {
      reason: ['waited 120 s for agent1 to be a manager', 'no SSH connection to agent1 (10.0.0.5:22): no answer'],
    },
  },
  KEY_COMMAND_EMPTY: {
    exits: [2],
    meaning: '`--key-command` is empty.',
    remedy: 'Give the shell command that keeps the unlock key.',
  },
  KEY_CUSTODY_FAILED: {
    exits: [1],
    meaning: 'The unlock key could not be kept or read where it is to be kept.',
    remedy: `Keep it in a file instead with ${command`swarm autolock on --key-file unlock.keys`}.`,
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
    remedy: `Unlock it with ${command`swarm unlock agent1`}.`,
  },
  MANAGER_UNREACHED: {
    exits: [1],
    meaning: 'The node was promoted, but the other managers cannot reach it.',
    remedy: 'Open 2377/tcp on it for the other managers, then run the command again.',
  },
  NODE_AMBIGUOUS: {
    exits: [2],
    meaning: 'Several nodes have that name.',
    remedy: 'Name the node by its ID.',
    values: { length: '2', wanted: 'agent1' },
  },
  NODE_DOWN: {
    exits: [1],
    meaning: 'The node is not Ready, so it cannot become a manager.',
    remedy: 'Start it, then run the command again.',
    example: 'agent1 is not Ready, so it cannot become a manager of swarm default',
  },
  NODE_NOT_EMPTIED: {
    exits: [6],
    meaning: 'The tasks of a node could not be moved elsewhere.',
    remedy: `See why with ${command`service ps web`}, mend it, and run the same command again.`,
    values: { why: 'a replacement failed elsewhere (No such image: shop/web:2)' },
  },
  NODE_NOT_OURS: {
    exits: [3],
    meaning: 'The node is Ready and not a host of swarmup, so it cannot be made to leave.',
    remedy: 'Run docker swarm leave on that host, or forget it with `--force`.',
  },
  NODE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no node of that name in the swarm.',
    remedy: `See the nodes with ${command`node ls`}.`,
    values: { wanted: 'agent9' },
  },
  NOTHING_TO_CHANGE: {
    exits: [2],
    meaning: 'The command was given nothing that it could change.',
    remedy: 'Give at least one of its settings.',
  },
  NOT_A_MANAGER: {
    exits: [1],
    meaning: 'The host is not a manager of a swarm.',
    remedy: `Name a manager, or promote the host with ${command`node promote agent1`}.`,
    values: { why: 'its node is active and no manager' },
  },
  NOT_JOINED: {
    exits: [1],
    meaning: 'The host has Docker, but could not join the swarm.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'agent1 has Docker but is not in the swarm: no manager of swarm default answers',
  },
  NO_CAPACITY: {
    exits: [3],
    meaning: 'No other node has room for the tasks of the node that is to be emptied.',
    remedy: 'Add a node, or lower what the service asks for.',
    values: { why: 'no other node may run it' },
  },
  NO_MANAGER: {
    exits: [6],
    meaning: 'No manager of the swarm answers, or no host on record is one.',
    remedy: `Start the managers, or recover the swarm with ${command`swarm recover`}.`,
    values: { why: 'no SSH connection to manager (10.0.0.4:22): no answer' },
  },
  NO_MANAGER_WANTED: {
    exits: [2],
    meaning: 'The swarm does not exist yet, and none of the hosts would be its manager.',
    remedy: 'Leave `--managers` out, or give at least `--managers` 1.',
    example: 'swarm default does not exist yet and none of agent1, agent2 would be its manager',
  },
  NO_PLACE_FOR_TASKS: {
    exits: [1],
    meaning: 'The change would leave no node on which tasks could run.',
    remedy: 'Add a node first, or activate one that is drained.',
    example: 'agent1 cannot be drained: no active node would be left for 3 tasks',
  },
  NO_QUORUM: {
    exits: [1],
    meaning: 'The manager cannot reach enough other managers to decide anything.',
    remedy: `Start the other managers, or recover the swarm with ${command`swarm recover`}.`,
    example: 'the swarm does not have a leader',
  },
  QUORUM_AT_RISK: {
    exits: [1],
    meaning: 'The change would leave fewer reachable managers than the swarm needs to decide anything.',
    remedy: 'Start the managers that are down first, or take fewer managers at once.',
    example: 'm2 cannot stop: 1 of 3 managers of swarm default would be reachable, and 2 must be',
  },
  QUORUM_HELD: {
    exits: [1],
    meaning: 'The swarm has its quorum, so a recovery would throw managers away for nothing.',
    remedy: `Remove single dead nodes with ${command`node rm agent1`}.`,
    example: 'swarm default has its quorum: a new cluster would throw its other managers away for nothing',
  },
  QUORUM_LOST: {
    exits: [1],
    meaning: 'The swarm has lost its quorum, so it takes no changes.',
    remedy: `Start the managers that are down, or recover the swarm with ${command`swarm recover`}.`,
    example: 'only 1 of 3 managers of swarm default are reachable: nothing can be changed',
  },
  SWARM_ALIVE: {
    exits: [3],
    meaning: 'A backup would be restored over a swarm that lives.',
    remedy: 'Restore it under another name with `--swarm`, or give the living one up with `--force`.',
  },
  SWARM_ENDS: {
    exits: [3],
    meaning:
      'The command would take the last hosts out of the swarm, and with them its services, networks and secrets.',
    remedy: 'Pass `--force` to end the swarm.',
    example: 'manager, agent1 are all of swarm default: its services, networks and secrets would be gone',
  },
  SWARM_EXISTS: {
    exits: [2],
    meaning: 'There is a swarm of that name already.',
    remedy: `Join it with ${command`swarm join agent1`}, or give another name with \`--swarm\`.`,
  },
  SWARM_HALF_MADE: {
    exits: [1],
    meaning: 'The swarm was begun, but never got a manager.',
    remedy: `Finish it with ${command`create agent1`}, or remove its hosts with ${command`rm agent1`}.`,
  },
  SWARM_UNHEALTHY: {
    exits: [6],
    meaning: 'A node is not Ready or a manager is not reached, and an upgrade needs the whole swarm to be well.',
    remedy: `Mend or remove the node: ${command`swarm status`} shows it.`,
    example: 'agent1 is down: a swarm is upgraded when all of it is Ready',
  },
  SWARM_UNKNOWN: {
    exits: [2],
    meaning: 'There is no swarm of that name.',
    remedy: `See the hosts and their swarms with ${command`ls`}.`,
  },
  UNLOCK_KEY_INVALID: {
    exits: [1],
    meaning: 'The text is not an unlock key.',
    remedy: 'Give the whole key, which begins with SWMKEY-1-.',
  },
  UNLOCK_KEY_MISSING: {
    exits: [1, 6],
    meaning: 'Nobody keeps the unlock key of the swarm.',
    remedy: `Give it on stdin: ${command`swarm unlock --key-stdin agent1`}.`,
  },
  UNLOCK_KEY_NEEDED: {
    exits: [2],
    meaning: 'The manager is locked, and there is no terminal to ask for the key on.',
    remedy: 'Give the key with `--unlock-key-file`.',
  },
  UNLOCK_KEY_UNREADABLE: {
    exits: [2],
    meaning: 'The file with the unlock key cannot be read.',
    remedy: 'Check its path and who may read it.',
    values: { file: 'unlock.key', reason: "ENOENT: no such file or directory, open 'unlock.key'" },
  },
  UNLOCK_KEY_WRONG: {
    exits: [1, 3],
    meaning: 'The unlock key does not open the manager.',
    remedy: 'Try the key from before the last rotation, if there was one.',
  },
} satisfies ErrorArea;
