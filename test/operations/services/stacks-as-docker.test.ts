import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stableJson } from '../../../src/lib/stable-json.js';
import { carryOut } from '../../../src/operations/access/carry-out.js';
import { planDeployment } from '../../../src/operations/services/deploy-stack.js';
import { readComposeFiles } from '../../../src/operations/services/read-compose-files.js';
import { comparable, dockerCases, type DockerCase } from '../../support/docker-stacks.js';
import { differences } from '../../support/docker-differences.js';
import { operationContext } from '../../support/operation-context.js';
import { type MadeStack, StackEngine } from '../../support/stack-engine.js';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmup-compose-'));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const filesOfOverrides = { 'c.txt': 'c\n', 'd.txt': 'd\n' };

/** What we make of a case; throws what we refuse it with. */
async function deploy(
  { compose, override, env = {}, files = filesOfOverrides }: DockerCase,
  stack: string,
): Promise<MadeStack & { readonly folder: string }> {
  const folder = await mkdtemp(join(root, 'case-'));
  const all = { ...files, 'compose.yaml': compose, ...(override !== undefined && { 'override.yaml': override }) };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const context = operationContext(folder, [], { env: { HOME: homedir(), ...env } });
  const paths = ['compose.yaml', ...(override === undefined ? [] : ['override.yaml'])].map((name) =>
    join(folder, name),
  );
  const engine = new StackEngine();
  const request = {
    ...{ swarm: 'default', stack, folder, prune: false, dryRun: false, detach: true, timeoutMs: 1000 },
    compose: await readComposeFiles(context, paths),
  };
  await carryOut(context, { plan: () => planDeployment(engine, context, request) });
  return { ...engine.made, folder };
}

/** Not docker's CLI refuses this but the engine, and so it does what we send. */
const saidByEngine = 'plugin "vault" not found';

/** `same`, or how we differ from docker. */
async function compare(of: DockerCase, stack: string): Promise<string> {
  const isRefused = of.docker.exit !== 0;
  const ours = await deploy(of, stack).catch((error: unknown) => error as Error);
  if (ours instanceof Error) return isRefused ? 'same' : `we refuse it: ${ours.message}`;
  if (isRefused) return (of.docker.message ?? '').includes(saidByEngine) ? 'same' : 'docker refuses it';
  const { specs } = of.docker;
  // Of some cases the recording only says that docker takes them, of some it has the services alone.
  if (specs === undefined) return 'same';
  const made = Object.fromEntries(Object.keys(specs).map((kind) => [kind, ours[kind as keyof MadeStack]]));
  const [mine, docker] = [comparable(made, [ours.folder, dirname(ours.folder), homedir()]), comparable(specs)].map(
    (each) => stableJson(each),
  );
  return mine === docker ? 'same' : `\n  docker: ${docker ?? ''}\n  we:     ${mine ?? ''}`;
}

const reasonFor = (file: 'keys' | 'overrides', name: string): string | undefined =>
  Object.entries(differences[file]).find(([, names]) => names.includes(name))?.[0];

describe.each([
  ['keys', 'k'],
  ['overrides', 'm'],
] as const)('compose files, by %s, become what docker makes of them', (file, stack) => {
  it.each(dockerCases(file).map((of) => [of.name, of] as const))('%s', async (name, of) => {
    const known = reasonFor(file, name);
    const found = await compare(of, stack);
    if (known === undefined) expect(found).toBe('same');
    else expect(found, `it is no difference any more (${known}): take it out of the list`).not.toBe('same');
  });
});

it('the list of differences names cases', () => {
  const names = (['keys', 'overrides'] as const).flatMap((file) => {
    const known = dockerCases(file).map(({ name }) => name);
    return Object.values(differences[file])
      .flat()
      .filter((name) => !known.includes(name));
  });
  expect(names).toEqual([]);
});

it('the list of differences stays short', () => {
  const all = Object.values(differences).flatMap((reasons) => Object.values(reasons).flat());
  expect(all.length).toBeLessThanOrEqual(10);
});
