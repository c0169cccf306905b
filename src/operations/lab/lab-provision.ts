import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { hereDocument, runScript } from '../../bootstrap/remote-script.js';
import type { Lab, LabPool } from '../../lab/lab.js';
import type { HostMarks, HostTask } from '../../lab/plan-hosts.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { quoteWord, sh } from '../../lib/quote.js';
import type { OperationContext } from '../access/context.js';
import { readReference } from './read-reference.js';

/** The files and scripts of a pool with their contents. */
export interface PoolContent {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly scripts: ReadonlyMap<string, string>;
  readonly marks: HostMarks;
}

/** Where a host keeps which scripts were run on it: a file each, with the hash of the script. */
const marksFolder = '/var/lib/swarmup/lab';
const scriptTimeoutMs = 30 * 60_000;

const hashOf = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Reads what a pool's hosts are to get. Errors: MANIFEST_INVALID at the place of a file that cannot be read. */
export async function poolContent(lab: Lab, pool: LabPool): Promise<PoolContent> {
  const read = async (path: string, place: readonly (string | number)[]): Promise<Buffer> => {
    const full = resolve(lab.folder, path);
    return readFile(full).catch(() => {
      throw lab.fault(['pools', pool.name, ...place], `the file ${full} cannot be read`);
    });
  };
  const files = new Map<string, Buffer>();
  for (const [i, { source, content = '', target }] of pool.files.entries())
    files.set(target, source === undefined ? Buffer.from(content) : await read(source, ['files', i, 'source']));
  const scripts = new Map<string, string>();
  for (const [i, { name, file, script = '' }] of pool.provision.entries())
    scripts.set(name, file === undefined ? script : (await read(file, ['provision', i, 'file'])).toString());
  return {
    files,
    scripts,
    marks: { files: hashes(files), scripts: hashes(scripts) },
  };
}

const hashes = (contents: ReadonlyMap<string, string | Buffer>): Readonly<Record<string, string>> =>
  Object.fromEntries([...contents].map(([name, data]) => [name, hashOf(data)]));

/** The marks that the files and scripts of a pool left on a host; undefined if the pool has none. */
export async function readMarks(
  context: OperationContext,
  record: MachineRecord,
  pool: LabPool,
): Promise<HostMarks | undefined> {
  if (pool.files.length + pool.provision.length === 0) return undefined;
  const runner = await context.connect(record);
  const body = [
    `for f in ${marksFolder}/*; do [ -f "$f" ] && printf 'script %s  %s\\n' "$(cat "$f")" "\${f##*/}"; done`,
    ...pool.files.map(({ target }) => sh`[ -f ${target} ] && printf 'file %s\n' "$(sha256sum ${target})"`),
    'true',
  ].join('\n');
  const { stdout } = await runScript(runner, { title: 'inspect files and scripts', body }, { signal: context.signal });
  const found = [...stdout.matchAll(/^(script|file) \\?([0-9a-f]{64}) [ *](.*)$/gm)];
  const of = (kind: string): Readonly<Record<string, string>> =>
    Object.fromEntries(found.flatMap(([, what, hash = '', name = '']) => (what === kind ? [[name, hash]] : [])));
  return { files: of('file'), scripts: of('script') };
}

/** Puts the files on a host that it lacks, and runs the scripts that are due; each leaves its mark when it is done. */
export async function provisionLabHost(
  context: OperationContext,
  lab: Lab,
  record: MachineRecord,
  work: { readonly pool: LabPool; readonly content: PoolContent; readonly tasks: readonly HostTask[] },
  detail: (message: string) => void,
): Promise<void> {
  for (const { kind, name, text } of work.tasks) {
    detail(text);
    await (kind === 'file' ? putFile(context, record, work, name) : runStep(context, lab, record, work, name, detail));
  }
}

type Work = Parameters<typeof provisionLabHost>[3];

async function putFile(
  context: OperationContext,
  record: MachineRecord,
  { pool, content }: Work,
  target: string,
): Promise<void> {
  const { signal } = context;
  const runner = await context.connect(record);
  await runner.exec(sh`mkdir -p ${target.replace(/\/[^/]*$/, '') || '/'}`, { signal });
  const mode = pool.files.find((file) => file.target === target)?.mode ?? '0644';
  const data = content.files.get(target) ?? Buffer.alloc(0);
  await runner.upload([{ path: target, data, mode: Number.parseInt(mode, 8) }], { signal });
}

async function runStep(
  context: OperationContext,
  lab: Lab,
  record: MachineRecord,
  { pool, content }: Work,
  name: string,
  detail: (message: string) => void,
): Promise<void> {
  const step = pool.provision.find((candidate) => candidate.name === name);
  const script = content.scripts.get(name) ?? '';
  const secrets = await Promise.all(
    Object.entries(step?.secrets ?? {}).map(
      async ([key, reference]) => [key, (await readReference(context, reference, lab)).toString()] as const,
    ),
  );
  const plain = Object.entries({
    ...step?.env,
    SWARMUP_LAB: lab.name,
    SWARMUP_HOST: record.name,
    SWARMUP_POOL: pool.name,
  });
  const exports = [...plain, ...secrets].map(([key, value]) => `export ${key}=${quoteWord(value)}`);
  const body = `
umask 077
mkdir -p ${marksFolder}
folder=$(mktemp -d /var/lib/swarmup/step.XXXXXX)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/step" ${hereDocument(script === '' ? ':' : script)}
chmod 700 "$folder/step"
(
${exports.join('\n')}
umask 022
cd /root 2>/dev/null || cd /
"$folder/step"
) || exit
printf '%s' ${hashOf(script)} > ${sh`${`${marksFolder}/${name}`}`}
`;
  await runScript(
    await context.connect(record),
    { title: `run ${name}`, body },
    {
      signal: context.signal,
      timeoutMs: scriptTimeoutMs,
      redact: secrets.map(([, value]) => value).filter((value) => value !== ''),
      onLine: (line) => {
        if (line.trim() !== '') detail(`${name}: ${line.trim()}`);
      },
    },
  );
}
