import { isAbsolute, join } from 'node:path';
import type { MountConfig } from '../spec-values.js';
import { convertKeys, group, ignored, key, type Values } from './keys.js';
import { flag, integer, list, oneOf, type Place, type Shape, text, type Keys } from './shape.js';

export interface MountDraft {
  Type: string;
  Source?: string;
  Target: string;
  ReadOnly?: boolean;
  BindOptions?: { Propagation?: string };
  VolumeOptions?: { NoCopy?: boolean; Subpath?: string; Labels?: object; DriverConfig?: object };
  TmpfsOptions?: { SizeBytes?: number };
  ClusterOptions?: object;
}

const propagations = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];

const bindKeys = {
  propagation: key(oneOf(...propagations), (propagation: string, to: MountDraft) => {
    to.BindOptions = { Propagation: propagation };
  }),
} satisfies Keys<MountDraft>;

const volumeKeys = {
  nocopy: key(flag('cast'), (nocopy: boolean, to: MountDraft) => {
    to.VolumeOptions = { ...to.VolumeOptions, NoCopy: nocopy };
  }),
  subpath: key(text, (subpath: string, to: MountDraft) => {
    to.VolumeOptions = { ...to.VolumeOptions, Subpath: subpath };
  }),
} satisfies Keys<MountDraft>;

const tmpfsKeys = {
  size: key(integer('plain'), (size: number, to: MountDraft) => {
    to.TmpfsOptions = { SizeBytes: size };
  }),
} satisfies Keys<MountDraft>;

/** Options that are given, though empty, are sent: to swarm they are not the same as none. */
const part = <K extends Keys<MountDraft>>(name: 'BindOptions' | 'VolumeOptions' | 'TmpfsOptions', keys: K) =>
  key(group(keys, { open: true }), (values: Values<K>, to: MountDraft) => {
    to[name] = {};
    convertKeys(keys, values, to);
  });

const types = ['volume', 'bind', 'tmpfs', 'npipe', 'cluster', 'image'];

/** A mount of a service. What belongs to the other types is refused. */
const mountKeys = {
  type: key(oneOf(...types), (type: string, to: MountDraft) => {
    to.Type = type === '' ? 'volume' : type;
  }),
  source: key(text, (source: string, to: MountDraft) => {
    to.Source = source;
  }),
  target: key(text, (target: string, to: MountDraft) => {
    to.Target = target;
  }),
  read_only: key(flag('cast'), (readOnly: boolean, to: MountDraft) => {
    to.ReadOnly = readOnly;
  }),
  consistency: ignored('engines in a swarm do not support consistency', text),
  bind: part('BindOptions', bindKeys),
  volume: part('VolumeOptions', volumeKeys),
  tmpfs: part('TmpfsOptions', tmpfsKeys),
} satisfies Keys<MountDraft>;

export type ComposeMount = Values<typeof mountKeys>;

const long = group(mountKeys, { required: ['type'] });

/** `SOURCE:TARGET:OPTIONS`; a drive letter is not a source. */
function shortMount(written: string, at: Place): ComposeMount {
  if (written.length < 3) return written === '' ? at.fail('it is empty') : { type: 'volume', target: written };
  const parts = [...written.matchAll(/(?:^|:)((?:\p{L}:)?[^:]*)/gu)].map(([, section = '']) => section);
  const [first = '', target, options = '', ...more] = parts;
  if (parts.includes('')) at.fail(`'${written}' has nothing between two colons`);
  if (more.length > 0) at.fail(`'${written}' has too many colons`);
  if (target === undefined) return { type: 'volume', target: first };
  const mount = { type: isPath(first) ? 'bind' : 'volume', source: first, target };
  return { ...mount, ...shortOptions(options, at) };
}

const isPath = (source: string): boolean => /^(?:[./~]|\\\\|\p{L}:)/u.test(source);

function shortOptions(written: string, at: Place): ComposeMount {
  const words = written === '' ? [] : written.split(',');
  const propagation = words.findLast((word) => propagations.includes(word));
  const known = ['ro', 'rw', 'nocopy', ...propagations];
  for (const word of words)
    if (!known.includes(word)) at.warn(`the option ${word} is ignored: swarm has no option with this name`);
  return {
    ...(words.findLast((word) => word === 'ro' || word === 'rw') === 'ro' && { read_only: true }),
    ...(words.includes('nocopy') && { volume: { nocopy: true } }),
    ...(propagation !== undefined && { bind: { propagation } }),
  };
}

const entry: Shape<ComposeMount> = {
  read: (value, at) => {
    const mount = typeof value === 'string' ? shortMount(at.fill(value), at) : long.read(value, at);
    const { type = 'volume', source = '' } = mount;
    checkParts(mount, at);
    if (source === '' && ['bind', 'npipe', 'cluster', 'image'].includes(type)) at.fail(`a ${type} needs a source`);
    return type === 'bind' ? { ...mount, source: absolute(source, at) } : mount;
  },
  merge: (_, above) => above,
  keys: mountKeys,
};

/** `source: ./conf` beside the first file; `~` is the home folder here. */
function absolute(source: string, at: Place): string {
  const home = at.env['HOME'];
  if (source.startsWith('~') && home === undefined) at.warn(`'~' in ${source} is not replaced: HOME is not set`);
  const path = source.replace(/^~/, home ?? '~');
  return path.startsWith('/') || isAbsolute(path) || /^(?:\p{L}:[\\/]|\\\\)/u.test(path) ? path : join(at.folder, path);
}

const partsOf: Readonly<Record<string, readonly string[]>> = {
  volume: ['volume'],
  bind: ['bind'],
  npipe: ['bind'],
  tmpfs: ['tmpfs'],
};

function checkParts(mount: ComposeMount, at: Place): void {
  const { type = 'volume' } = mount;
  const wrong = (['bind', 'volume', 'tmpfs'] as const).find(
    (name) => mount[name] !== undefined && !(partsOf[type] ?? []).includes(name),
  );
  if (wrong !== undefined) at.fail(`a mount of the type ${type} has no options of ${wrong}`);
  if (type === 'volume' && (mount.source ?? '') === '' && mount.volume !== undefined)
    at.warn('options of a volume without a name are ignored');
  if (type === 'tmpfs' && (mount.source ?? '') !== '') at.fail('a tmpfs has no source');
}

/** Both forms. A later file replaces a mount with the same target. */
export const mounts: Shape<readonly ComposeMount[]> = {
  read: (value, at) => list(entry).read(value, at),
  merge: (below, above) => {
    const byTarget = new Map([...below, ...above].map((mount) => [mount.target ?? '', mount]));
    return [...byTarget.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, mount]) => mount);
  },
  keys: mountKeys,
};

/** The settings that a volume of the file gives to its mounts; undefined: the file does not declare the volume. */
export type VolumeOf = (key: string) => { readonly name: string; readonly options: object } | undefined;

/** Errors: those of `unknown`. */
export function mountOf(mount: ComposeMount, volume: VolumeOf, unknown: (volume: string) => never): MountConfig {
  const draft: MountDraft = { Type: 'volume', Target: '' };
  convertKeys(mountKeys, mount, draft);
  const source = draft.Source ?? '';
  const isGroup = draft.Type === 'cluster' && source.startsWith('group:');
  if (draft.Type === 'cluster') draft.ClusterOptions = {};
  if ((draft.Type !== 'volume' && draft.Type !== 'cluster') || source === '' || isGroup) return plainMount(draft);
  const { name, options } = volume(source) ?? unknown(source);
  const VolumeOptions = draft.Type === 'volume' ? { VolumeOptions: { ...draft.VolumeOptions, ...options } } : {};
  return { ...draft, Source: name, ...VolumeOptions };
}

/** Docker gives an anonymous volume no options. */
function plainMount(draft: MountDraft): MountConfig {
  Reflect.deleteProperty(draft, 'VolumeOptions');
  return { ...draft };
}
