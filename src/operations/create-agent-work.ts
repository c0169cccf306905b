import { messageOf } from '../lib/errors.js';
import type { CreateWork } from '../plan/build-create-plan.js';
import { type CreateJob, jobOf } from './create-job.js';

/** The work that installs the agent on a manager. Its failure is a warning: the host and the swarm are complete. */
export function createAgentWork(job: CreateJob): CreateWork['installAgent'] {
  return async (name, { signal, detail }) => {
    const { record, facts } = jobOf(job, name);
    try {
      const { putAgent } = await import('./put-agent.js');
      const { readAgentFiles } = await import('../bootstrap/agent-files.js');
      const files = await readAgentFiles();
      const change = await putAgent(job.context, record, { files, signal, detail, facts });
      return change === 'unchanged' ? 'unchanged' : 'changed';
    } catch (error) {
      signal.throwIfAborted();
      job.warn(`${messageOf(error)}; without it nothing holds replica counts: swarmup agent install ${name}`, name);
      return 'unchanged';
    }
  };
}
