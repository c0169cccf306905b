import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { createAgentWork } from '../../../src/operations/steps/create-agent-work.js';
import type { CreateJob } from '../../../src/operations/steps/create-job.js';

/** A run of create whose host fails in this way. */
function failingJob(error: Error): { job: CreateJob; warnings: (readonly [string, string | undefined])[] } {
  const warnings: (readonly [string, string | undefined])[] = [];
  const job = {
    context: { connect: () => Promise.reject(error) },
    hosts: new Map([['m1', { isNew: true, record: { name: 'm1' } }]]),
    warn: (message: string, host?: string) => warnings.push([message, host]),
  } as unknown as CreateJob;
  return { job, warnings };
}

describe('the step of create that installs the agent', () => {
  it('warns when it fails, and the host is complete all the same', async () => {
    const { job, warnings } = failingJob(new SwarmupError('AGENT_NEEDS_NODE', 'm1 has no Node.js'));
    const step = { signal: new AbortController().signal, detail: () => undefined };
    expect(await createAgentWork(job)('m1', step)).toBe('unchanged');
    expect(warnings).toEqual([[expect.stringMatching(/swarmup agent install m1$/), 'm1']]);
  });

  it('stops with the command', async () => {
    const { job, warnings } = failingJob(new Error('gone'));
    const stopped = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(createAgentWork(job)('m1', { signal: stopped, detail: () => undefined })).rejects.toThrow('Ctrl-C');
    expect(warnings).toEqual([]);
  });
});
