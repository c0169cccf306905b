import type { AgentSettingsResult } from '../../operations/agent/configure-agents.js';

/** What the agents do by themselves, a line each. */
export function agentSettings({ status, settings }: AgentSettingsResult): string {
  const { rebalance, promote } = settings;
  const wanted = String(promote.managers);
  const replaced = `after ${promote.graceSeconds} s, with a labelled worker, up to ${wanted} managers`;
  return (
    `rebalance          ${rebalance.enabled ? 'yes' : 'no'}\n` +
    `replace managers   ${promote.enabled ? replaced : 'no'}\n` +
    (status === 'unchanged' ? '' : `${status}\n`)
  );
}
