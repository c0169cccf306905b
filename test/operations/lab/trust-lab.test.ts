import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { destroyLab } from '../../../src/operations/lab/end-lab.js';
import { planLab } from '../../../src/operations/lab/plan-lab.js';
import { provisionLab } from '../../../src/operations/lab/provision-lab.js';
import { upLab } from '../../../src/operations/lab/up-lab.js';
import { type Lab, openLab } from '../../support/lab.js';

let lab: Lab;
let folder: string;
let asked: string[];

beforeEach(async () => {
  lab = await openLab();
  folder = await mkdtemp(join(tmpdir(), 'swarmup-trust-'));
  asked = [];
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const manifest = (more: string): string => `version: 1
name: lab
defaults: { driver: fake, engine: { tls: false } }
swarm: { agent: false, address-pool: 198.18.0.0/15 }
pools:
  managers: { role: manager, names: m }
${more}`;

const write = async (text: string, name = 'swarmup.yaml'): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};
const ran = (): Promise<string> => readFile(join(folder, 'ran'), 'utf8').catch(() => '');
const request = { timeoutMs: 1000, approve: () => Promise.resolve() };
const askTrust = async (commands: readonly { readonly what: string }[]): Promise<void> => {
  asked.push(commands.map(({ what }) => what).join(' | '));
};
const hook = (word: string): string => `hooks: { before-up: "echo ${word} >> ran" }`;

describe('the commands of a manifest on this computer', () => {
  it('do not run before somebody was asked, and nothing is made', async () => {
    const file = await write(manifest(hook('one')));
    const refused = { code: 'MANIFEST_UNTRUSTED', exitCode: 3 };
    await expect(upLab(lab.process().context, { file, ...request })).rejects.toMatchObject(refused);
    const stop = (): Promise<never> => Promise.reject(new Error('no'));
    await expect(upLab(lab.process().context, { file, ...request, askTrust: stop })).rejects.toThrow('no');
    expect([await ran(), (await lab.store.list()).machines]).toEqual(['', []]);
  });

  it('are asked about once, and again when they change', async () => {
    const file = await write(manifest(hook('one')));
    const { context } = lab.process();
    await upLab(context, { file, ...request, askTrust });
    await upLab(context, { file, ...request, askTrust });
    expect([asked, await ran()]).toEqual([['echo one >> ran'], 'one\n']);
    // Other parts of the manifest do not matter.
    await write(manifest(`message: hello\n${hook('one')}`));
    await provisionLab(context, { file, dryRun: false, askTrust });
    expect(asked).toHaveLength(1);
    await write(manifest(hook('two')));
    await upLab(context, { file, ...request, askTrust });
    expect(asked).toEqual(['echo one >> ran', 'echo two >> ran']);
  });

  it('are asked about before a secret is read from one, and before a lab is destroyed', async () => {
    const { context } = lab.process();
    const secrets = 'secrets: { token: "command:echo secret | tee ran" }';
    const file = await write(manifest(secrets));
    const { outcomes } = await upLab(context, { file, ...request });
    expect(outcomes.find(({ name }) => name === 'token')?.error?.code).toBe('MANIFEST_UNTRUSTED');
    expect(await ran()).toBe('');
    await upLab(context, { file, ...request, askTrust });
    expect([asked, await ran()]).toEqual([['echo secret | tee ran'], 'secret\n']);
    await write(manifest(`${secrets}\nhooks: { before-destroy: "echo gone > ran" }`));
    const destroy = { file, force: false, approve: () => Promise.resolve() };
    await expect(destroyLab(context, { ...destroy, dryRun: false })).rejects.toMatchObject({
      code: 'MANIFEST_UNTRUSTED',
    });
    await destroyLab(context, { ...destroy, dryRun: true, askTrust });
    expect(asked).toHaveLength(1);
    await destroyLab(context, { ...destroy, dryRun: false, askTrust });
    expect([asked.length, await ran()]).toEqual([2, 'gone\n']);
  });

  it('are shown by the plan, which runs none, with the files that are read here', async () => {
    await write('services: {}', 'compose.yaml');
    const file = await write(
      manifest(`${hook('one')}
secrets: { a: "command:pass a", b: "file:b.txt", c: "env:C" }
stacks: { shop: { file: compose.yaml } }
`).replace('names: m }', 'names: m, files: [{ source: motd, target: /etc/motd }] }'),
    );
    await write('hello', 'motd');
    const { local } = await planLab(lab.process().context, { file });
    expect(local).toEqual([
      { type: 'command', at: 'hooks.before-up', what: 'echo one >> ran' },
      { type: 'command', at: 'secrets.a', what: 'pass a' },
      { type: 'file', at: 'secrets.b', what: 'b.txt' },
      { type: 'file', at: 'stacks.shop.file', what: 'compose.yaml' },
      { type: 'file', at: 'pools.managers.files', what: 'motd' },
    ]);
    expect(await ran()).toBe('');
  });

  it('need no question where there are none', async () => {
    const file = await write(manifest('message: hello'));
    await upLab(lab.process().context, { file, ...request, askTrust });
    expect(asked).toEqual([]);
  });
});
