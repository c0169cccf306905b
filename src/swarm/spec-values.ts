import { usageError } from '../lib/errors.js';

/** How options and compose files write values, and what the Engine API takes instead. Errors: VALUE_INVALID (exit 2). */
const invalid = (what: string, text: string, example: string): Error =>
  usageError('VALUE_INVALID', `${what} '${text}' is not valid`, `write a value as in ${example}`);

const units: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** `1m30s` in nanoseconds. */
export function durationNs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (text === '0') return 0;
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text)
    throw invalid('the time', text, '10s or 1m30s');
  return Math.round(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0));
}

/** `512m`, `1.5GB`, `1024` in bytes. */
export function byteCount(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)i?b?$/i.exec(text) ?? [];
  if (count === undefined) throw invalid('the size', text, '512m or 2g');
  return Math.round(Number(count) * 1024 ** ' kmgtp'.indexOf((unit ?? '') === '' ? ' ' : (unit ?? '').toLowerCase()));
}

/** `0.5` in billionths of a CPU. */
export function nanoCpus(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw invalid('the number of CPUs', text, '0.5');
  return Math.round(Number(text) * 1e9);
}

/** `KEY=VALUE`; without `=` the value is empty. */
export function keyValue(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at === 0 || text === '') throw invalid('', text, 'KEY=VALUE');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

export interface PortConfig {
  readonly Protocol: string;
  readonly TargetPort: number;
  readonly PublishedPort?: number;
  readonly PublishMode: 'ingress' | 'host';
}

/** `8080:80`, `8080-8082:80-82/udp`, `80`, or `published=8080,target=80,protocol=tcp,mode=host`. */
export function portConfigs(text: string): readonly PortConfig[] {
  if (text.includes('=')) return [longPort(text)];
  const match = /^(?:(\d+)(?:-(\d+))?:)?(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text);
  if (match === null) throw badPort(text);
  const [, published, publishedEnd, target, targetEnd, protocol = 'tcp'] = match;
  const first = Number(target);
  const count = Number(targetEnd ?? target) - first + 1;
  const publishedFirst = published === undefined ? undefined : Number(published);
  const publishedCount = publishedFirst === undefined ? count : Number(publishedEnd ?? published) - publishedFirst + 1;
  if (count < 1 || publishedCount !== count) throw badPort(text);
  return Array.from({ length: count }, (_, i) => ({
    Protocol: protocol,
    TargetPort: portNumber(first + i, text),
    ...(publishedFirst !== undefined && { PublishedPort: portNumber(publishedFirst + i, text) }),
    PublishMode: 'ingress' as const,
  }));
}

function longPort(text: string): PortConfig {
  const fields = csvFields(text, ['published', 'target', 'protocol', 'mode'], 'the port');
  const mode = fields['mode'] ?? 'ingress';
  const protocol = fields['protocol'] ?? 'tcp';
  if ((mode !== 'ingress' && mode !== 'host') || !['tcp', 'udp', 'sctp'].includes(protocol)) throw badPort(text);
  const published = fields['published'];
  return {
    Protocol: protocol,
    TargetPort: portNumber(Number(fields['target']), text),
    ...(published !== undefined && { PublishedPort: portNumber(Number(published), text) }),
    PublishMode: mode,
  };
}

const badPort = (text: string): Error => invalid('the port', text, '8080:80 or published=8080,target=80,mode=host');

function portNumber(port: number, text: string): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badPort(text);
  return port;
}

export interface MountConfig {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly ReadOnly?: boolean;
  readonly VolumeOptions?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** `type=volume,source=data,target=/data,readonly`. */
export function mountConfig(text: string): MountConfig {
  const known = [
    'type',
    'source',
    'src',
    'target',
    'destination',
    'dst',
    'readonly',
    'ro',
    'tmpfs-size',
    'bind-propagation',
  ];
  const fields = csvFields(text, known, 'the mount');
  const type = fields['type'] ?? 'volume';
  const target = fields['target'] ?? fields['destination'] ?? fields['dst'];
  const source = fields['source'] ?? fields['src'];
  const example = 'type=volume,source=data,target=/data';
  if (target === undefined || !['volume', 'bind', 'tmpfs'].includes(type)) throw invalid('the mount', text, example);
  if (type === 'bind' && source === undefined) throw invalid('the mount', text, 'type=bind,source=/srv,target=/srv');
  const readonly = fields['readonly'] ?? fields['ro'];
  return {
    Type: type,
    ...(source !== undefined && { Source: source }),
    Target: target,
    ...(readonly !== undefined && { ReadOnly: readonly !== 'false' && readonly !== '0' }),
    ...mountDetails(fields['tmpfs-size'], fields['bind-propagation']),
  };
}

const mountDetails = (size: string | undefined, propagation: string | undefined): object => ({
  ...(size !== undefined && { TmpfsOptions: { SizeBytes: byteCount(size) } }),
  ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
});

/** `a=1,b`: the words are among `known`. */
export function csvFields(text: string, known: readonly string[], what: string): Readonly<Record<string, string>> {
  const fields = Object.fromEntries(text.split(',').map((part) => keyValue(part.trim())));
  const unknown = Object.keys(fields).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw usageError(
      'VALUE_INVALID',
      `${what} '${text}' has an unknown word '${unknown}'`,
      `the known words are ${known.join(', ')}`,
    );
  return fields;
}
