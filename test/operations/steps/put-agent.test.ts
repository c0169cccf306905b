import { duplexPair } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { putAgent } from '../../../src/operations/steps/put-agent.js';
import type { OperationContext } from '../../../src/operations/access/context.js';
import { machineRecord } from '../../machine/machine-record.js';
import { ScriptedRunner } from '../../support/scripted-runner.js';

const install = { when: 'install the agent', stdout: 'result=installed\nnode=v18.20.4\n' };
const look = (unit: string, restarts: number, ...journal: readonly string[]) => ({
  when: 'inspect the agent',
  stdout: [`unit=${unit}`, `restarts=${restarts}`, ...journal.map((line) => `journal=${line}`)].join('\n'),
});
const started = '{"level":"info","kind":"agent-started","message":"agent 1 started"}';

/** Puts the agent on a host whose agent answers, if ever, once these looks were taken at it. */
async function put(looks: readonly ReturnType<typeof look>[], then: 'answers' | 'is silent') {
  const runner = new ScriptedRunner('m1', [install, ...looks]);
  runner.openPort = (() => {
    if (then === 'is silent' || runner.unused.length > 0) return Promise.reject(new Error('connection refused'));
    const [near, far] = duplexPair();
    far.once('data', () => far.end('HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\n{}\n'));
    return Promise.resolve(near);
  }) as never;
  const { signal } = new AbortController();
  const context = { connect: () => Promise.resolve(runner), signal } as unknown as OperationContext;
  const options = { files: { program: '', unit: '', version: '1' }, signal, detail: () => undefined };
  const outcome: unknown = await putAgent(context, machineRecord('m1'), options).catch((error: unknown) => error);
  expect(runner.unused).toEqual([]);
  return outcome;
}

describe('an agent that was installed', () => {
  it('is waited for while it may still be starting', async () => {
    expect(await put([look('active', 2), look('active', 2, started)], 'answers')).toBe('installed');
  });

  // Long before the time that it may take to start, which is longer than this test may take.
  it.each([
    ['ended', [look('activating', 0, "Error: Cannot find module 'x'")], "Cannot find module 'x'"],
    [
      'ended, and its journal tells why a moment later',
      [look('activating', 0), look('activating', 0), look('activating', 0, 'Error: no')],
      'Error: no',
    ],
    ['was started anew by systemd meanwhile', [look('active', 0), look('active', 1, 'Error: no')], 'Error: no'],
    [
      'finds its port taken',
      [look('active', 0, started, '{"message":"cannot serve its state: listen EADDRINUSE"}')],
      'm1 did not start: cannot serve its state: listen EADDRINUSE',
    ],
    ['is not there any more', [look('absent', 0)], 'connection refused'],
  ])('fails as soon as it is known that it %s', async (_, looks, message) => {
    expect(await put(looks, 'is silent')).toMatchObject({
      code: 'AGENT_START_FAILED',
      host: 'm1',
      message: expect.stringContaining(message) as string,
    });
  });
});
