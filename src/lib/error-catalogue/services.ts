import { command, type ErrorArea } from './error-entry.js';

export const servicesErrors = {
  AGENT_INSTALL_FAILED: {
    exits: [1],
    meaning: 'The host did not tell what became of the agent.',
    remedy: `Run ${command`agent install`} again.`,
  },
  AGENT_NEEDS_NODE: {
    exits: [1],
    meaning: 'The host has no Node.js, or too old a one for the agent, and none can be installed.',
    remedy: `Install a newer Node.js on the host, then run ${command`agent install`}.`,
    example: 'manager has Node.js 16, and the agent needs 20 or newer',
  },
  AGENT_NOT_BUILT: {
    exits: [1],
    meaning: 'The program of the agent is missing in this package of swarmup.',
    remedy: 'Install swarmup again; in a work tree, run npm run build.',
  },
  AGENT_SETTING_INVALID: {
    exits: [2],
    meaning: 'A setting of the agent has a value that it cannot have.',
    remedy: 'Correct the value as the message says.',
    example: 'settings.moveBudget must be a whole number',
  },
  AGENT_START_FAILED: {
    exits: [1],
    meaning: 'The agent was installed, but did not start.',
    remedy: `Read its log with ${command`agent logs agent1`}, then run ${command`agent install`}.`,
  },
  AGENT_UNREACHABLE: {
    exits: [1],
    meaning: 'The agent of the host does not answer.',
    remedy: `See how the agents are with ${command`agent status`}.`,
  },
  COMPOSE_INVALID: {
    exits: [1, 2],
    meaning: 'A compose file has something that docker would not accept.',
    remedy: 'Correct the file at the place in the message.',
    example: 'compose.yaml:4:5: services.web.enviroment: there is no such key; did you mean environment?',
  },
  CONFIG_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no config of that name, or the compose file does not declare it.',
    remedy: 'Make it with docker config create, or declare it in the file.',
    example: 'the swarm has no config named nginx',
  },
  DESIRED_STATE_BUSY: {
    exits: [1],
    meaning: 'Others changed the declared counts again and again while the command tried to.',
    remedy: 'Run the same command again.',
  },
  DESIRED_STATE_NEWER: {
    exits: [1],
    meaning: 'The declared counts were written by a newer version of swarmup.',
    remedy: 'Upgrade swarmup, or what it cannot read would be lost.',
  },
  DESIRED_STATE_TOO_LARGE: {
    exits: [1],
    meaning: 'The declared counts would be too large to be kept in the swarm.',
    remedy: 'Declare some services with `--no-spec`.',
  },
  INGRESS_EXISTS: {
    exits: [2],
    meaning: 'There is an ingress network already, and there can be only one.',
    remedy: 'Remove the old one first.',
  },
  MTU_INVALID: {
    exits: [2],
    meaning: 'The packet size of a network is outside of what is possible.',
    remedy: 'Give `--mtu` a value in the range of the message.',
  },
  NETWORK_EXISTS: {
    exits: [2],
    meaning: 'There is a network of that name already.',
    remedy: 'Choose another name, or use the network that is there.',
  },
  NETWORK_IN_USE: {
    exits: [3],
    meaning: 'Services still use the network that is to be removed.',
    remedy: 'Take the network from these services, or remove them.',
    example: 'backend is used by web, api',
  },
  NETWORK_NAME_INVALID: {
    exits: [2],
    meaning: 'The name of a network has letters that it must not have.',
    remedy: 'Use letters, digits, dots, hyphens and underscores.',
  },
  NETWORK_OVERLAP: {
    exits: [3],
    meaning: 'The subnet of the new network overlaps one that is in use.',
    remedy: 'Take the free subnet of the hint.',
  },
  NETWORK_UNKNOWN: {
    exits: [2],
    meaning: 'There is no network of that name in the swarm, or the compose file does not declare it.',
    remedy: `See the networks with ${command`network ls`}, or declare the network in the file.`,
  },
  NOT_CONVERGED: {
    exits: [6],
    meaning: 'A service did not reach the state that was asked for.',
    remedy: `See which tasks fail, and why, with ${command`service ps web`}.`,
    example: 'web: 1 of 3 tasks run',
  },
  NO_AGENT: {
    exits: [6],
    meaning: 'No agent of the swarm answers.',
    remedy: `Install the agents with ${command`agent install`}.`,
  },
  NO_COUNT: {
    exits: [2],
    meaning: 'The service is global, so it has no replica count.',
    remedy: 'Leave the count out, or make the service replicated.',
  },
  NO_PREVIOUS_SPEC: {
    exits: [2],
    meaning: 'The service was never changed, so there is nothing to roll back to.',
    remedy: 'Nothing needs to be done.',
  },
  RANGE_INVALID: {
    exits: [2],
    meaning: 'The gateway or address range of a network does not lie in its subnet.',
    remedy: 'Give `--subnet`, and addresses inside of it.',
  },
  REPLICAS_NOT_DECLARED: {
    exits: [2],
    meaning: 'Nothing is declared for the service, or only its own labels declare it.',
    remedy: `See what is declared with ${command`replicas ls`}.`,
  },
  SECRET_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no secret of that name, or the compose file does not declare it.',
    remedy: 'Make it with docker secret create, or declare it in the file.',
    example: 'the swarm has no secret named db-password',
  },
  SERVICE_BUSY: {
    exits: [3],
    meaning: 'The service is being updated or is not well, so its tasks cannot be moved without a gap.',
    remedy: 'Wait until it is well, then run the same command again.',
  },
  SERVICE_CHANGED: {
    exits: [1],
    meaning: 'The service was changed by somebody else while the command worked on it.',
    remedy: 'Run the same command again.',
  },
  SERVICE_EXISTS: {
    exits: [2],
    meaning: 'There is a service of that name already.',
    remedy: `Change it with ${command`service update web`}, or choose another name.`,
  },
  SERVICE_NOT_REPLICATED: {
    exits: [2],
    meaning: 'The service runs on every node or is a job, so it has no count to declare.',
    remedy: 'Declare counts of replicated services only.',
  },
  SERVICE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no service of that name.',
    remedy: `See the services with ${command`service ls`}.`,
  },
  STACK_UNKNOWN: {
    exits: [2],
    meaning: 'There is no stack of that name.',
    remedy: `See the stacks with ${command`stack ls`}.`,
  },
} satisfies ErrorArea;
