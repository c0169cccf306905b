import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EngineClient } from '../../lib/engine-client.js';
import { codeOf, usageError } from '../../lib/errors.js';
import { stableJson } from '../../lib/stable-json.js';
import type { FileDraft } from '../../swarm/compose/object-keys.js';
import type { OperationContext } from '../access/context.js';

/** Put on secrets: their content cannot be read again. */
const contentLabel = 'swarmup.content';

type Labels = Readonly<Record<string, string>>;

interface Stored {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Name: string;
    readonly Labels?: Labels | null;
    readonly Data?: string;
    readonly Templating?: unknown;
  };
}

/** A secret or config of a stack, and the change that it needs. */
export interface StackFile {
  readonly kind: 'secret' | 'config';
  /** In the compose file. */
  readonly key: string;
  /** In the swarm. */
  readonly name: string;
  /** `ask`: there is one of this name, and only the engine can tell whether it has this content. */
  readonly change: 'none' | 'create' | 'labels' | 'ask';
  readonly body: Readonly<Record<string, unknown>>;
  readonly stored: Stored | undefined;
  readonly hash: string;
}

/**
 * The changes that these files need. Nothing is changed. Errors: COMPOSE_INVALID, FILE_MISSING, VARIABLE_MISSING (exit
 * 2).
 */
export async function planFiles(
  engine: EngineClient,
  drafts: readonly FileDraft[],
  where: { readonly stack: string; readonly folder: string },
  context: OperationContext,
): Promise<readonly StackFile[]> {
  const { signal } = context;
  const list = async (kind: string) =>
    (await engine.request<readonly Stored[] | null>('GET', `/${kind}s`, { signal })) ?? [];
  const stored = { secret: await list('secret'), config: await list('config') };
  return Promise.all(
    drafts.map(async (draft) => {
      const { kind, key, name, external, body } = draft;
      if (external) return { kind, key, name, change: 'none' as const, body, hash: '', stored: undefined };
      const data = draft.driver?.Name === undefined ? await contentOf(draft, where.folder, context) : undefined;
      const hash = createHash('sha256')
        .update(`${where.stack}\n${key}\n`)
        .update(data ?? '')
        .digest('hex');
      return planFile(draft, data, hash.slice(0, 16), stored[kind]);
    }),
  );
}

/**
 * Docker cannot change a secret or config: when there is one of this name with other content, the new one gets the
 * content's hash into its name, and the services refer to that.
 */
function planFile(draft: FileDraft, data: Buffer | undefined, hash: string, stored: readonly Stored[]): StackFile {
  const { kind, key, name } = draft;
  const labels = { ...(draft.body['Labels'] as Labels), ...(kind === 'secret' && { [contentLabel]: hash }) };
  const body = { ...draft.body, Labels: labels, ...(data !== undefined && { Data: data.toString('base64') }) };
  const plan = (found: Stored | undefined, as: string): StackFile => ({
    ...{ kind, key, name: as, hash, body: { ...body, Name: as } },
    stored: found,
    change: found === undefined ? 'create' : changeOf(kind, found, body, hash),
  });
  const first = plan(
    stored.find(({ Spec }) => Spec.Name === name),
    name,
  );
  if (first.stored === undefined || first.change !== 'create') return first;
  return second(first, stored);
}

/** Under the name that has the hash of its content. */
function second(file: StackFile, stored: readonly Stored[]): StackFile {
  const name = `${file.name}-${file.hash.slice(0, 8)}`;
  const found = stored.find(({ Spec }) => Spec.Name === name);
  const change = found === undefined ? 'create' : 'none';
  return { ...file, name, change, body: { ...file.body, Name: name }, stored: found };
}

/** `create`: it has other content. */
function changeOf(kind: string, { Spec }: Stored, body: StackFile['body'], hash: string): StackFile['change'] {
  if (stableJson(Spec.Templating ?? null) !== stableJson(body['Templating'] ?? null)) return 'create';
  const known = Spec.Labels?.[contentLabel];
  if (kind === 'config' && Spec.Data !== body['Data']) return 'create';
  if (kind === 'secret' && body['Data'] !== undefined && known !== hash) return known === undefined ? 'ask' : 'create';
  return stableJson(without(Spec.Labels)) === stableJson(without(body['Labels'] as Labels)) ? 'none' : 'labels';
}

const without = (labels: Labels | null | undefined): Labels =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([name]) => name !== contentLabel));

/**
 * The same files, with all open questions answered: a secret that docker made accepts only its own content, so the
 * wanted content is offered to it. That writes its labels.
 */
export async function settleFiles(
  engine: EngineClient,
  files: readonly StackFile[],
  signal: AbortSignal,
): Promise<readonly StackFile[]> {
  if (!files.some(({ change }) => change === 'ask')) return files;
  const stored = (await engine.request<readonly Stored[] | null>('GET', '/secrets', { signal })) ?? [];
  const settled: StackFile[] = [];
  for (const file of files)
    settled.push(
      file.change !== 'ask'
        ? file
        : (await writeLabels(engine, file, signal))
          ? { ...file, change: 'none' }
          : second(file, stored),
    );
  return settled;
}

/** false: it has other content. */
async function writeLabels(
  engine: EngineClient,
  { kind, stored, body }: StackFile,
  signal: AbortSignal,
): Promise<boolean> {
  if (stored === undefined) return false;
  const query = { version: stored.Version.Index };
  try {
    await engine.request('POST', `/${kind}s/${stored.ID}/update`, { query, body, signal });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENGINE_400' && String(error).includes('only updates to Labels')) return false;
    throw error;
  }
}

/** Makes missing secrets and configs, and writes changed labels. */
export async function makeFiles(engine: EngineClient, files: readonly StackFile[], signal: AbortSignal): Promise<void> {
  for (const file of files) {
    if (file.change === 'create') await engine.request('POST', `/${file.kind}s/create`, { body: file.body, signal });
    if (file.change === 'labels') await writeLabels(engine, file, signal);
  }
}

async function contentOf({ kind, key, source }: FileDraft, folder: string, { env }: OperationContext): Promise<Buffer> {
  if (source === undefined)
    throw usageError('COMPOSE_INVALID', `the ${kind} ${key} has no file, content or environment`);
  if ('content' in source) return Buffer.from(source.content);
  if ('variable' in source) {
    const value = env[source.variable];
    if (value !== undefined) return Buffer.from(value);
    throw usageError(
      'VARIABLE_MISSING',
      `the ${kind} ${key} comes from the variable ${source.variable}, which is not set`,
    );
  }
  const path = resolve(folder, source.file);
  return readFile(path).catch(() => {
    throw usageError('FILE_MISSING', `the file ${path} of the ${kind} ${key} cannot be read`);
  });
}
