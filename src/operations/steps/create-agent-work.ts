import type { CreateWork } from '../../plan/build-create-plan.js';
import { putAgentOrWarn } from './agent-for-manager.js';
import type { CreateRun, CreateSession } from './create-run.js';

/** The work that installs the agent on a manager. Its failure is a warning: the host and the swarm are complete. */
export function createAgentWork({ context, warn }: CreateRun): CreateWork<CreateSession>['installAgent'] {
  return async ({ name, record, facts }, { signal, detail }) => {
    const { change, warning } = await putAgentOrWarn(context, record, { signal, detail, facts });
    if (warning !== undefined) warn(warning, name);
    return change;
  };
}
