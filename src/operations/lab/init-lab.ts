import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { inPackage } from '../../lib/package-folder.js';
import { swarmup } from '../../lib/typed-command.js';
import { proposeName } from '../../machine/check-names.js';
import { noSwarm } from '../../machine/names.js';

export interface TemplateRow {
  readonly name: string;
  /** Its first line. */
  readonly about: string;
}

export interface InitResult {
  readonly template: string;
  /** The name of the lab in the manifest. */
  readonly lab: string;
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
 * Writes a template into a folder, and with `schema` the JSON schema for editors beside it. The lab gets the name of the
 * folder, with a number where a swarm of this name exists. Errors: TEMPLATE_UNKNOWN, FILE_EXISTS (exit 2, nothing is
 * written) unless forced.
 */
export async function initLab(
  folder: string,
  request: {
    readonly template: string;
    readonly force: boolean;
    readonly schema: boolean;
    /** Names of the swarms that there are. */
    readonly swarms: readonly string[];
  },
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
  const text = await readFile(join(from, manifest), 'utf8');
  const lab = freeName(proposeName(basename(resolve(folder))) ?? template, request.swarms);
  await writeFile(join(folder, manifest), text.replace(/^name: \S+/m, `name: ${lab}`));
  return { template, lab, files: files.map(([, to]) => to) };
}

/** Folders of the same name are different labs. */
function freeName(name: string, taken: readonly string[]): string {
  const isFree = (candidate: string): boolean => candidate !== noSwarm && !taken.includes(candidate);
  // Room for the number of a host behind it.
  const base = name.slice(0, 40).replace(/-$/, '');
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? base : `${base}-${number}`;
    if (isFree(candidate)) return candidate;
  }
}
