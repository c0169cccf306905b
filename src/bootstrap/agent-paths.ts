/** Where the agent is kept on a host. */
export const agentPaths = {
  program: '/usr/local/lib/swarmup/agent.js',
  /** A Node.js that swarmup brought, for a host whose own is missing or too old. */
  runtime: '/usr/local/lib/swarmup/node',
  unit: '/etc/systemd/system/swarmup-agent.service',
  /** Its last events; systemd makes it. */
  state: '/var/lib/swarmup-agent',
  /** Is there while files were changed and the agent was not restarted yet; gone after a reboot, rightly so. */
  restartPending: '/run/swarmup-agent-restart-pending',
} as const;

export type AgentPaths = Readonly<Record<keyof typeof agentPaths, string>>;

export const agentUnit = 'swarmup-agent.service';

/** The oldest Node.js that runs the agent: Debian 12's. */
export const oldestNode = 18;
