import { copyFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { inPackage } from '../../lib/package-folder.js';
import { swarmup } from '../../lib/typed-command.js';

export interface TemplateRow {
  readonly name: string;
  /** Its first line. */
  readonly about: string;
}

export interface InitResult {
  readonly template: string;
  /** Paths that were written. */
  readonly files: readonly string[];
}

const manifest = 'swarmup.yaml';

/** The manifests that come with swarmup. */
export async function listTemplates(): Promise<readonly TemplateRow[]> {
  const folder = inPackage('templates', 'labs');
  const names = (await readdir(folder)).sort(
    (a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1),
  );
  return Promise.all(
    names.map(async (name) => {
      const [first = ''] = (await readFile(join(folder, name, manifest), 'utf8')).split('\n');
      return { name, about: first.replace(/^# /, '') };
    }),
  );
}

/**
 * Writes a template into a folder, and with `schema` the JSON schema for editors beside it. Errors: TEMPLATE_UNKNOWN,
 * FILE_EXISTS (exit 2, nothing is written) unless forced.
 */
export async function initLab(
  folder: string,
  request: { readonly template: string; readonly force: boolean; readonly schema: boolean },
): Promise<InitResult> {
  const { template, force, schema } = request;
  const known = (await listTemplates()).map(({ name }) => name);
  if (!known.includes(template)) {
    const meant = nearest(template, known).map((name) => `did you mean ${name}?`);
    throw usageError(
      'TEMPLATE_UNKNOWN',
      `there is no template ${template}`,
      ...meant,
      `${swarmup`init --list`} shows all`,
    );
  }
  const from = inPackage('templates', 'labs', template);
  const files = (await readdir(from)).map((name) => [join(from, name), join(folder, name)] as const);
  if (schema) files.push([inPackage('schema', 'swarmup.schema.json'), join(folder, 'swarmup.schema.json')]);
  for (const [, to] of files)
    if (!force && (await stat(to).catch(() => undefined)) !== undefined)
      throw usageError('FILE_EXISTS', `${to} exists already`, `${swarmup`init --force`} writes over it`);
  await mkdir(folder, { recursive: true });
  for (const [source, to] of files) await copyFile(source, to);
  return { template, files: files.map(([, to]) => to) };
}
