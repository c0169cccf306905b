import { describe, expect, it } from 'vitest';
import { SwarmupError } from '../../../src/lib/errors.js';
import { createAgentWork } from '../../../src/operations/steps/create-agent-work.js';
import type { CreateRun, CreateSession } from '../../../src/operations/steps/create-run.js';

const m1 = { name: 'm1', isNew: true, record: { name: 'm1', swarm: 'lab' } } as unknown as CreateSession;

/** A run of create whose host fails in this way. */
function failingRun(error: Error): { run: CreateRun; warnings: (readonly [string, string | undefined])[] } {
  const warnings: (readonly [string, string | undefined])[] = [];
  const run = {
    context: { connect: () => Promise.reject(error) },
    hosts: [m1],
    warn: (message: string, host?: string) => warnings.push([message, host]),
  } as unknown as CreateRun;
  return { run, warnings };
}

describe('the step of create that installs the agent', () => {
  it('warns when it fails, and the host is complete all the same', async () => {
    const { run, warnings } = failingRun(new SwarmupError('AGENT_NEEDS_NODE', 'm1 has no Node.js'));
    const step = { signal: new AbortController().signal, detail: () => undefined };
    expect(await createAgentWork(run)(m1, step)).toBe('unchanged');
    expect(warnings).toEqual([[expect.stringMatching(/swarmup agent install --swarm lab m1$/), 'm1']]);
  });

  it('stops with the command', async () => {
    const { run, warnings } = failingRun(new Error('gone'));
    const stopped = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(createAgentWork(run)(m1, { signal: stopped, detail: () => undefined })).rejects.toThrow('Ctrl-C');
    expect(warnings).toEqual([]);
  });
});
