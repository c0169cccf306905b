import { isIP } from 'node:net';
import { isPlain } from '../../lib/is-plain.js';
import type { PortConfig } from '../spec-values.js';
import { convertKeys, group, key } from './keys.js';
import { integer, list, oneOf, type Place, type Shape, text, type Keys } from './shape.js';

type Draft = { -readonly [P in keyof PortConfig]: PortConfig[P] };

const longKeys = {
  mode: key(oneOf('ingress', 'host'), (mode: string, to: Draft) => {
    to.PublishMode = mode === 'host' ? 'host' : 'ingress';
  }),
  target: key(port(), (target: number, to: Draft) => {
    to.TargetPort = target;
  }),
  published: key(port(), (published: number, to: Draft) => {
    to.PublishedPort = published;
  }),
  protocol: key(oneOf('tcp', 'udp', 'sctp'), (protocol: string, to: Draft) => {
    to.Protocol = protocol === '' ? 'tcp' : protocol;
  }),
} satisfies Keys<Draft>;

function port(): Shape<number> {
  const whole = integer('cast');
  const read = (value: unknown, at: Place): number => {
    const found = whole.read(value, at);
    return found >= 0 && found <= 65_535 ? found : at.fail(`${String(found)} is not a port`);
  };
  return { ...whole, read };
}

const long = group(longKeys);

interface Written {
  readonly host: string;
  readonly published: string;
  readonly target: string;
  readonly protocol: string;
}

/** `[ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL]` */
function partsOf(written: string): Written {
  const [first = '', published = '', ...address] = written.split(':').toReversed();
  const [target = '', protocol = ''] = first.split('/');
  const host = address
    .toReversed()
    .join(':')
    .replace(/^\[(.*)\]$/, '$1');
  return { host, published, target, protocol: protocol === '' ? 'tcp' : protocol.toLowerCase() };
}

function shortPorts(written: string, at: Place): readonly PortConfig[] {
  const { host, published, target, protocol } = partsOf(written);
  const wrong = (): never => at.fail(`'${written}' is not a port`, 'write a port as in 8080:80 or 8080:80/udp');
  if ((host !== '' && isIP(host) === 0) || !protocols.includes(protocol)) wrong();
  const [start, end] = range(target) ?? wrong();
  const [first, last] = published === '' ? [0, 0] : (range(published) ?? wrong());
  const isRangeToOne = start === end && first !== last;
  if (published !== '' && !isRangeToOne && end - start !== last - first) wrong();
  if (!/^[0:.]*$/.test(host)) at.warn(`the address ${host} is ignored: swarm publishes ports on all addresses`);
  const made = Array.from({ length: (isRangeToOne ? last - first : end - start) + 1 }, (_, i) => ({
    Protocol: protocol,
    TargetPort: isRangeToOne ? start : start + i,
    ...(published !== '' && { PublishedPort: first + i }),
    PublishMode: 'ingress' as const,
  }));
  return isRangeToOne ? made : made.sort((a, b) => (String(a.TargetPort) < String(b.TargetPort) ? -1 : 1));
}

const protocols = ['tcp', 'udp', 'sctp'];

function range(written: string): readonly [number, number] | undefined {
  const [, start = '', end = start] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written) ?? [];
  if (start === '' || Number(end) < Number(start) || Number(end) > 65_535) return undefined;
  return [Number(start), Number(end)];
}

const entry: Shape<readonly PortConfig[]> = {
  read: (value, at) => {
    if (!isPlain(value)) return shortPorts(typeof value === 'number' ? String(value) : text.read(value, at), at);
    const made: Draft = { Protocol: 'tcp', TargetPort: 0, PublishMode: 'ingress' };
    convertKeys(longKeys, long.read(value, at), made);
    return [made];
  },
  merge: (_, above) => above,
  keys: longKeys,
};

const published = ({ PublishedPort = 0 }: PortConfig): number => PublishedPort;

/** Both forms. A later file replaces an entry that publishes the same port. */
export const ports: Shape<readonly PortConfig[]> = {
  read: (value, at) => list(entry).read(value, at).flat(),
  merge: (below, above) => {
    const byPort = new Map([...below, ...above].map((each) => [published(each), each]));
    return [...byPort.values()].toSorted((a, b) => published(a) - published(b));
  },
  keys: longKeys,
};

/** In docker's order. */
export const sortedPorts = (all: readonly PortConfig[]): PortConfig[] =>
  all.toSorted((a, b) => published(a) - published(b));
