import { describe, expect, it } from 'vitest';
import type { LocalNode } from '../../src/bootstrap/bring-node.js';
import { installAgent, readAgent } from '../../src/bootstrap/install-agent.js';
import type { UploadFile } from '../../src/ssh/runner.js';
import { ScriptedRunner, type ScriptedAnswer } from '../support/scripted-runner.js';
import { factsOf, type FactsTextOptions } from './facts-text.js';

const script = 'install the agent';
const lists = 'search the package lists for Node.js';
const packageOf = 'install Node.js';
const files = { program: 'agent\n', unit: 'unit\n', version: 'abc' };
const patience = { retryDelaysMs: [], lockWaitMs: 0, lockPollMs: 0 };
const localNode: LocalNode = { path: import.meta.filename, version: 'v20.20.2', platform: 'linux', arch: 'x64' };

const noNode = (old = ''): ScriptedAnswer => ({ when: script, stdout: `result=no-node\nold=${old}\n` });
const done = (result: string): ScriptedAnswer => ({ when: script, stdout: `result=${result}\nnode=v18.20.4\n` });
const offered = (version: string): ScriptedAnswer => ({
  when: lists,
  stdout: `swarmup-offers\n nodejs | ${version} | http://mirror.example/debian bookworm/main amd64 Packages\n`,
});
const upload: readonly ScriptedAnswer[] = [{ when: /^mkdir -p/ }];
const starts = (exitCode: number, stderr = ''): ScriptedAnswer => ({ when: /node --version$/, exitCode, stderr });

async function tryInstall(answers: readonly ScriptedAnswer[], node?: LocalNode, facts: FactsTextOptions = {}) {
  const runner = new ScriptedRunner('m1', answers);
  const uploaded: UploadFile[] = [];
  runner.upload = (async (given: readonly UploadFile[]) => {
    uploaded.push(...given);
  }) as never;
  const options = {
    swarm: 'lab',
    files,
    facts: factsOf(facts),
    patience,
    ...(node !== undefined && { localNode: node }),
  };
  const outcome: unknown = await installAgent(runner, options).catch((error: unknown) => error);
  expect(runner.unused).toEqual([]);
  return { outcome, uploaded, titles: runner.titles };
}

describe('the agent on a host', () => {
  it.each(['installed', 'upgraded', 'unchanged'])('with Node.js is %s in one round trip', async (result) => {
    expect(await tryInstall([done(result)])).toMatchObject({ outcome: result, titles: [script] });
  });

  it("gets the distribution's Node.js where there is none", async () => {
    const answers = [noNode(), offered('18.20.4+dfsg-1~deb12u1'), { when: packageOf }, done('installed')];
    expect(await tryInstall(answers, localNode)).toMatchObject({ outcome: 'installed', uploaded: [] });
  });

  it("gets a copy of ours where the distribution's is too old", async () => {
    const answers = [noNode('v12.22.9'), offered('12.22.9~dfsg-1ubuntu3'), ...upload, starts(0), done('installed')];
    const { outcome, uploaded } = await tryInstall(answers, localNode);
    expect(outcome).toBe('installed');
    expect(uploaded).toMatchObject([{ path: '/usr/local/lib/swarmup/node', mode: 0o755 }]);
  });

  it('gets a copy of ours where the package cannot be installed', async () => {
    const failing = { when: packageOf, exitCode: 100, stdout: 'E: Unable to fetch some archives' };
    const answers = [noNode(), offered('18.20.4'), failing, ...upload, starts(0), done('installed')];
    expect(await tryInstall(answers, localNode)).toMatchObject({ outcome: 'installed' });
  });

  it('gets a copy of ours where the package is there and its Node.js is not', async () => {
    const answers = [
      noNode(),
      offered('18.20.4'),
      { when: packageOf },
      noNode(),
      ...upload,
      starts(0),
      done('installed'),
    ];
    expect(await tryInstall(answers, localNode)).toMatchObject({ outcome: 'installed' });
  });

  it('cannot be there without a Node.js, and the error says why there is none', async () => {
    const { outcome } = await tryInstall([noNode('v12.22.9'), offered('12.22.9')], { ...localNode, arch: 'arm64' });
    expect(outcome).toMatchObject({
      code: 'AGENT_NEEDS_NODE',
      host: 'm1',
      message:
        'm1 has Node.js v12.22.9, but the agent needs 18 or newer: Debian GNU/Linux 12 (bookworm) has no package of it; ' +
        'the Node.js of this computer (linux arm64) does not run on x86_64',
      hints: expect.arrayContaining(['all other parts of swarmup work without the agent']) as unknown,
    });
  });

  it('leaves no copy behind that does not start', async () => {
    const missing = 'error while loading shared libraries: libnode.so.108';
    const answers = [noNode(), offered('12.1'), ...upload, starts(127, missing), { when: /^rm -f/ }];
    const { outcome } = await tryInstall(answers, localNode);
    expect(outcome).toMatchObject({
      code: 'AGENT_NEEDS_NODE',
      message: expect.stringContaining(
        `the Node.js of this computer does not start on the host (${missing})`,
      ) as unknown,
    });
  });

  it('is not tried on a system without packages that we know, but for a copy', async () => {
    const alpine = { os: 'ID=plan9\nPRETTY_NAME="Plan 9"' };
    expect(await tryInstall([noNode()], undefined, alpine)).toMatchObject({
      outcome: { code: 'AGENT_NEEDS_NODE', message: expect.stringContaining('this swarmup has no copy') as unknown },
    });
    const answers = [noNode(), ...upload, starts(0), done('installed')];
    expect(await tryInstall(answers, localNode, alpine)).toMatchObject({ outcome: 'installed' });
  });

  it('is told whole, also by a systemd that does not count memory', async () => {
    const stdout = 'unit=failed\nversion=abc\nnode=\nmemory=[not set]\nrestarts=7\njournal=a=b\njournal=c\n';
    const runner = new ScriptedRunner('m1', [{ when: 'inspect the agent', stdout }]);
    expect(await readAgent(runner)).toEqual({
      unit: 'failed',
      version: 'abc',
      node: null,
      memoryBytes: null,
      restarts: 7,
      journal: ['a=b', 'c'],
    });
    const none = new ScriptedRunner('m1', [{ when: 'inspect the agent', stdout: 'unit=absent\n' }]);
    expect(await readAgent(none)).toBeUndefined();
  });
});
