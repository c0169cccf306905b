import type { CreateWork } from '../../plan/build-create-plan.js';
import { putAgentOrWarn } from './agent-for-manager.js';
import { type CreateJob, jobOf } from './create-job.js';

/** The work that installs the agent on a manager. Its failure is a warning: the host and the swarm are complete. */
export function createAgentWork(job: CreateJob): CreateWork['installAgent'] {
  return async (name, { signal, detail }) => {
    const { record, facts } = jobOf(job, name);
    const { change, warning } = await putAgentOrWarn(job.context, record, { signal, detail, facts });
    if (warning !== undefined) job.warn(warning, name);
    return change;
  };
}
