/** How fast and how far the agent goes. All times in milliseconds. */
export interface Limits {
  /** Drift must last this long before it is corrected: a rolling change of many services is seen as a whole. */
  readonly holdMs: number;
  /** The longest hold of a service that drifts again and again. */
  readonly longestHoldMs: number;
  /** Events are hints; the swarm is read as a whole this often. */
  readonly resyncMs: number;
  /** How often the agent asks whether it leads. */
  readonly leaderPollMs: number;
  /** A new leader waits this long before its first act. */
  readonly leaderGraceMs: number;
  /** Nodes must be settled, and a service uneven, for this long before tasks move. */
  readonly moveHoldMs: number;
  /** Tasks above the declared counts at any time, over all services. */
  readonly moveBudget: number;
  /** All tasks of a moving service must run for this long before the extra ones go. */
  readonly moveSettleMs: number;
  /** A move that is not over after this long is taken back. */
  readonly moveTimeoutMs: number;
  /** Between two moves of a service; doubles while moves do not even it out. */
  readonly moveCooldownMs: number;
  /** A node entry must be Down for this long before it is removed for the entry that replaced it. */
  readonly duplicateGraceMs: number;
  /** Tasks must wait for this long before that is reported. */
  readonly stuckAfterMs: number;
}

export interface AgentSettings {
  readonly limits: Limits;
  readonly socket: string;
  readonly port: number;
  /** Where it may keep a file, by systemd's own variable; without one, events end with the process. */
  readonly stateDirectory: string | undefined;
  /** How many events are kept. */
  readonly ringSize: number;
  /** Settings that were wrong, one line each; their defaults hold. */
  readonly problems: readonly string[];
}

const defaults = {
  SWARMUP_AGENT_HOLD_MS: 500,
  SWARMUP_AGENT_LONGEST_HOLD_MS: 60_000,
  SWARMUP_AGENT_RESYNC_MS: 30_000,
  SWARMUP_AGENT_LEADER_POLL_MS: 2_000,
  SWARMUP_AGENT_LEADER_GRACE_MS: 1_000,
  SWARMUP_AGENT_MOVE_HOLD_MS: 15_000,
  SWARMUP_AGENT_MOVE_BUDGET: 10,
  SWARMUP_AGENT_MOVE_SETTLE_MS: 1_000,
  SWARMUP_AGENT_MOVE_TIMEOUT_MS: 90_000,
  SWARMUP_AGENT_MOVE_COOLDOWN_MS: 60_000,
  SWARMUP_AGENT_DUPLICATE_GRACE_MS: 120_000,
  SWARMUP_AGENT_STUCK_AFTER_MS: 10_000,
  SWARMUP_AGENT_PORT: 9464,
  SWARMUP_AGENT_EVENTS: 500,
} as const;

/** The agent's settings from its environment. Never throws: a value that is not a whole number is reported. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): AgentSettings {
  const problems: string[] = [];
  const number = (name: keyof typeof defaults): number => {
    const text = env[name];
    if (text === undefined || text === '') return defaults[name];
    if (/^\d{1,9}$/.test(text)) return Number(text);
    problems.push(`${name} is ${text}, not a whole number: the default ${defaults[name]} is used`);
    return defaults[name];
  };
  const limits: Limits = {
    holdMs: number('SWARMUP_AGENT_HOLD_MS'),
    longestHoldMs: number('SWARMUP_AGENT_LONGEST_HOLD_MS'),
    resyncMs: Math.max(1000, number('SWARMUP_AGENT_RESYNC_MS')),
    leaderPollMs: Math.max(100, number('SWARMUP_AGENT_LEADER_POLL_MS')),
    leaderGraceMs: number('SWARMUP_AGENT_LEADER_GRACE_MS'),
    moveHoldMs: number('SWARMUP_AGENT_MOVE_HOLD_MS'),
    moveBudget: number('SWARMUP_AGENT_MOVE_BUDGET'),
    moveSettleMs: number('SWARMUP_AGENT_MOVE_SETTLE_MS'),
    moveTimeoutMs: number('SWARMUP_AGENT_MOVE_TIMEOUT_MS'),
    moveCooldownMs: number('SWARMUP_AGENT_MOVE_COOLDOWN_MS'),
    duplicateGraceMs: number('SWARMUP_AGENT_DUPLICATE_GRACE_MS'),
    stuckAfterMs: number('SWARMUP_AGENT_STUCK_AFTER_MS'),
  };
  return {
    limits,
    socket: env['SWARMUP_AGENT_SOCKET'] ?? '/var/run/docker.sock',
    port: number('SWARMUP_AGENT_PORT'),
    stateDirectory: env['STATE_DIRECTORY'],
    ringSize: Math.max(1, number('SWARMUP_AGENT_EVENTS')),
    problems,
  };
}
