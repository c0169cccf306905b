import type { ErrorArea } from './error-entry.js';

export const servicesErrors = {
  AGENT_INSTALL_FAILED: {
    exits: [1],
    meaning: 'The host did not report whether the agent was installed.',
    remedy: 'Run `swarmup agent install` again.',
  },
  AGENT_NEEDS_NODE: {
    exits: [1],
    meaning: 'The host has no Node.js that is new enough for the agent, and none can be installed.',
    remedy: 'Install a newer Node.js on the host, then run `swarmup agent install`.',
    example: 'manager has Node.js 16, but the agent needs 20 or newer',
  },
  AGENT_NOT_BUILT: {
    exits: [1],
    meaning: 'The program of the agent is missing in this package of swarmup.',
    remedy: 'Install swarmup again; in a work tree, run npm run build.',
  },
  AGENT_SETTING_INVALID: {
    exits: [2],
    meaning: 'A setting of the agent has a value that is not allowed.',
    remedy: 'Correct the value as the message says.',
    example: 'settings.moveBudget must be a whole number',
  },
  AGENT_START_FAILED: {
    exits: [1],
    meaning: 'The agent was installed, but did not start.',
    remedy: 'Read its log with `swarmup agent logs`, then run `swarmup agent install`.',
  },
  AGENT_UNREACHABLE: {
    exits: [1],
    meaning: 'The agent of the host does not answer.',
    remedy: '`swarmup agent status` shows the state of the agents.',
  },
  COMPOSE_INVALID: {
    exits: [1, 2],
    meaning: 'A compose file contains something that docker does not accept.',
    remedy: 'Correct the file at the place in the message.',
    example: 'compose.yaml:4:5: services.web.enviroment: there is no such key; did you mean environment?',
  },
  CONFIG_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no config with this name, or the compose file does not declare the config.',
    remedy: 'Create the config with docker config create, or declare it in the file.',
    example: 'the swarm has no config named nginx',
  },
  DESIRED_STATE_BUSY: {
    exits: [1],
    meaning: 'Other programs changed the declared replica counts again and again while the command was running.',
    remedy: 'Run the same command again.',
  },
  DESIRED_STATE_NEWER: {
    exits: [1],
    meaning: 'A newer version of swarmup wrote the declared replica counts.',
    remedy: 'Upgrade swarmup; this version would lose the parts that it cannot read.',
  },
  DESIRED_STATE_TOO_LARGE: {
    exits: [1],
    meaning: 'The declared replica counts would be too large to store in the swarm.',
    remedy: 'Declare some services with `--no-spec`.',
  },
  INGRESS_EXISTS: {
    exits: [2],
    meaning: 'The swarm has an ingress network already, and there can be only one.',
    remedy: 'Remove the old ingress network first.',
  },
  MTU_INVALID: {
    exits: [2],
    meaning: 'The packet size of a network is outside the possible range.',
    remedy: 'Use a value for `--mtu` in the range that the message names.',
  },
  NETWORK_EXISTS: {
    exits: [2],
    meaning: 'A network with this name exists already.',
    remedy: 'Choose another name, or use the existing network.',
  },
  NETWORK_IN_USE: {
    exits: [3],
    meaning: 'Services still use the network that is to be removed.',
    remedy: 'Detach these services from the network, or remove the services.',
    example: 'the network backend is used by web, api',
  },
  NETWORK_NAME_INVALID: {
    exits: [2],
    meaning: 'The name of a network contains characters that are not allowed.',
    remedy: 'Use letters, digits, dots, hyphens and underscores.',
  },
  NETWORK_OVERLAP: {
    exits: [3],
    meaning: 'The subnet of the new network overlaps a network that is in use.',
    remedy: 'Use the free subnet that the hint names.',
  },
  NETWORK_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no network with this name, or the compose file does not declare the network.',
    remedy: 'See the networks with `swarmup network ls`, or declare the network in the file.',
  },
  NOT_CONVERGED: {
    exits: [6],
    meaning: 'A service did not reach the state that you asked for.',
    remedy: '`swarmup service ps` shows which tasks fail, and why.',
    example: 'web: 1 of 3 tasks run',
  },
  NO_AGENT: {
    exits: [6],
    meaning: 'No agent of the swarm answers.',
    remedy: 'Install the agents with `swarmup agent install`.',
  },
  NO_COUNT: {
    exits: [2],
    meaning: 'The service is global, so it has no replica count.',
    remedy: 'Leave out the count, or make the service replicated.',
  },
  NO_PREVIOUS_SPEC: {
    exits: [2],
    meaning: 'The service was never changed, so there is no earlier version to roll back to.',
    remedy: 'Nothing needs to be done.',
  },
  RANGE_INVALID: {
    exits: [2],
    meaning: 'The gateway or the address range of a network is not in its subnet.',
    remedy: 'Use `--subnet`, and addresses inside the subnet.',
  },
  REPLICAS_NOT_DECLARED: {
    exits: [2],
    meaning: 'The service has no declared replica count, or only its own labels declare one.',
    remedy: '`swarmup replicas ls` shows the declared replica counts.',
  },
  SECRET_UNKNOWN: {
    exits: [2],
    meaning: 'The swarm has no secret with this name, or the compose file does not declare the secret.',
    remedy: 'Create the secret with docker secret create, or declare it in the file.',
    example: 'the swarm has no secret named db-password',
  },
  SERVICE_BUSY: {
    exits: [3],
    meaning: 'The service is being updated or is not healthy, so its tasks cannot be moved without an interruption.',
    remedy: 'Wait until the service is healthy, then run the same command again.',
  },
  SERVICE_CHANGED: {
    exits: [1],
    meaning: 'Another program changed the service while the command worked on it.',
    remedy: 'Run the same command again.',
  },
  SERVICE_EXISTS: {
    exits: [2],
    meaning: 'A service with this name exists already.',
    remedy: 'Change it with `swarmup service update`, or choose another name.',
  },
  SERVICE_NOT_REPLICATED: {
    exits: [2],
    meaning: 'The service runs on every node or is a job, so it has no replica count.',
    remedy: 'Declare replica counts only for replicated services.',
  },
  SERVICE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no service with this name.',
    remedy: 'See the services with `swarmup service ls`.',
  },
  STACK_UNKNOWN: {
    exits: [2],
    meaning: 'There is no stack with this name.',
    remedy: 'See the stacks with `swarmup stack ls`.',
  },
} satisfies ErrorArea;
