import type { FileReference } from '../service-draft.js';
import { convertKeys, group, key, type Values } from './keys.js';
import type { ServiceTarget } from './service-target.js';
import { integer, list, type Shape, text, type Keys } from './shape.js';

type File = NonNullable<FileReference['File']>;

const fileKeys = {
  source: key(text, (source: string, to: File) => {
    if (to.Name === '') to.Name = source;
  }),
  target: key(text, (target: string, to: File) => {
    if (target !== '') to.Name = target;
  }),
  uid: key(text, (uid: string, to: File) => {
    if (uid !== '') to.UID = uid;
  }),
  gid: key(text, (gid: string, to: File) => {
    if (gid !== '') to.GID = gid;
  }),
  mode: key(integer('cast'), (mode: number, to: File) => {
    to.Mode = mode;
  }),
} satisfies Keys<File>;

export type FileUse = Values<typeof fileKeys>;

const fileUse: Shape<FileUse> = {
  read: (value, at) =>
    typeof value === 'string'
      ? { source: at.fill(value) }
      : group(fileKeys, { open: true, required: ['source'] }).read(value, at),
  merge: (_, above) => above,
  keys: fileKeys,
};

/** The secrets or configs of a service. A later file replaces an entry with the same source. */
export const fileUses = list(fileUse, {
  unique: false,
  merge: (below, above) => {
    const bySource = new Map([...below, ...above].map((use) => [use.source ?? '', use]));
    return [...bySource.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
  },
});

/** Errors: COMPOSE_INVALID when two would be one file, and those of the names. */
export function filesOf(
  kind: 'secret' | 'config',
  uses: readonly FileUse[],
  { names, fail }: ServiceTarget,
): FileReference[] {
  const made = uses.map((use): FileReference => {
    const file: File = { Name: '', UID: '0', GID: '0', Mode: 0o444 };
    convertKeys(fileKeys, use, file);
    return { [kind === 'secret' ? 'SecretName' : 'ConfigName']: names[kind](use.source ?? ''), File: file };
  });
  const targets = made.map(({ File }) => File?.Name);
  const twice = targets.find((target, i) => targets.indexOf(target) !== i);
  if (twice !== undefined) fail([`${kind}s`], `two of these entries would be the file ${twice}`);
  return made;
}

/** Docker's order. */
export const byName = (name: 'SecretName' | 'ConfigName', all: FileReference[]): FileReference[] =>
  all.sort((a, b) => (String(a[name]) === String(b[name]) ? 0 : String(a[name]) < String(b[name]) ? -1 : 1));
