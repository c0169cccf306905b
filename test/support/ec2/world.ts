import { randomBytes } from 'node:crypto';
import { Ec2Error, type Query, type Xml } from './protocol.js';

export const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;
export type InstanceState = keyof typeof stateCodes;

export type Tags = Record<string, string>;

export interface Instance {
  readonly id: string;
  readonly reservation: string;
  readonly image: Image;
  readonly type: string;
  readonly subnet: Subnet;
  readonly token: string | undefined;
  readonly launched: Date;
  readonly tags: Tags;
  readonly wantsPublic: boolean;
  readonly userData: string | undefined;
  readonly keyName: string | undefined;
  readonly profile: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly spotRequest: string | undefined;
  groups: readonly string[];
  state: InstanceState;
  reason: { readonly code: string; readonly message: string } | undefined;
  privateIp: string;
  publicIp: string | undefined;
  protected: boolean;
}

export interface Rule {
  readonly id: string;
  readonly egress: boolean;
  readonly protocol: string;
  readonly from: number;
  readonly to: number;
  readonly cidr?: string | undefined;
  readonly cidr6?: string | undefined;
  readonly peer?: string | undefined;
  readonly description?: string | undefined;
  readonly tags: Tags;
}

export interface Group {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpc: string;
  readonly tags: Tags;
  rules: readonly Rule[];
}

interface Volume {
  readonly id: string;
  readonly device: string;
  readonly size: number;
  readonly type: string;
  readonly encrypted: boolean;
  readonly deleteOnTermination: boolean;
  readonly tags: Tags;
  instance: string | undefined;
}

interface NetworkInterface {
  readonly id: string;
  readonly instance: string;
  readonly subnet: Subnet;
  readonly groups: readonly string[];
  readonly tags: Tags;
}

export interface Address {
  readonly id: string;
  readonly ip: string;
  readonly tags: Tags;
  instance: string | undefined;
  association: string | undefined;
}

interface SpotRequest {
  readonly id: string;
  readonly instance: string;
  readonly price: string | undefined;
  readonly tags: Tags;
  state: 'active' | 'closed' | 'cancelled';
}

interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly publicKey: string;
  readonly tags: Tags;
}

export interface Subnet {
  readonly id: string;
  readonly zone: string;
  readonly cidr: string;
  readonly number: number;
  /** Its routes lead to an internet gateway, and its hosts get public addresses. */
  readonly isPublic: boolean;
}

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly architecture: string;
  readonly rootDevice: string;
  readonly created: string;
}

export interface InstanceType {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: string;
}

/** Everything that exists in one region of the account. */
export interface World {
  readonly region: string;
  readonly account: string;
  readonly vpc: { readonly id: string; readonly cidr: string; readonly isDefault: boolean };
  readonly zones: readonly string[];
  readonly subnets: readonly Subnet[];
  readonly images: readonly Image[];
  readonly types: Readonly<Record<string, InstanceType>>;
  readonly instances: Map<string, Instance>;
  readonly groups: Map<string, Group>;
  readonly volumes: Map<string, Volume>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly addresses: Map<string, Address>;
  readonly spotRequests: Map<string, SpotRequest>;
  readonly keyPairs: Map<string, KeyPair>;
  /** What a client token has launched, and with which parameters. */
  readonly tokens: Map<string, { readonly fingerprint: string; readonly instances: readonly string[] }>;
  /** It deviates from EC2 as other implementations do: no idempotency, gaps in answers, other codes. */
  readonly deviates: boolean;
  /** So many things are on a page of a list, where no number is asked for. */
  readonly pageSize: number;
  vcpuQuota: number;
  addressQuota: number;
  /** So long a new thing is not seen by others than its maker: EC2 is eventually consistent. */
  visibleAfterMs: number;
}

export const newId = (prefix: string): string => `${prefix}-0${randomBytes(8).toString('hex')}`;

/** The tags that a creating call asks for. */
export function tagsFor(query: Query, type: string): Tags {
  return Object.fromEntries(
    query
      .items('TagSpecification')
      .filter((specification) => specification.text('ResourceType') === type)
      .flatMap((specification) => specification.items('Tag'))
      .map((tag) => [tag.require('Key'), tag.text('Value') ?? '']),
  );
}

export const tagSet = ({ tags }: { readonly tags: Tags }): Xml =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

export function throwIfDry(query: Query): void {
  if (query.flag('DryRun') === true)
    throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
}

/** `*` and `?` as EC2's filters know them. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

type Field<T> = (thing: T) => string | readonly string[] | undefined;

/** Things that pass all filters of a request. Errors: InvalidParameterValue for a filter that the action does not have. */
export function filtered<T extends object>(
  things: Iterable<T>,
  query: Query,
  fields: Readonly<Record<string, Field<T>>>,
): readonly T[] {
  const tests = query.items('Filter').map((filter) => {
    const name = filter.require('Name');
    const values = filter.texts('Value');
    const read = fieldOf(name, fields);
    return (thing: T): boolean =>
      [read(thing)].flat().some((found) => found !== undefined && values.some((value) => matches(value, found)));
  });
  return [...things].filter((thing) => tests.every((test) => test(thing)));
}

function fieldOf<T extends object>(name: string, fields: Readonly<Record<string, Field<T>>>): Field<T> {
  const tags = (thing: T): Tags => ('tags' in thing ? (thing.tags as Tags) : {});
  if (name.startsWith('tag:')) return (thing) => tags(thing)[name.slice(4)];
  if (name === 'tag-key') return (thing) => Object.keys(tags(thing));
  const field = fields[name];
  if (field === undefined) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`);
  return field;
}

/** The things with these ids; all of them when none is named. Errors: `code` for one that is not there. */
export function named<T>(
  map: ReadonlyMap<string, T>,
  ids: readonly string[],
  code: string,
  what: string,
): readonly T[] {
  if (ids.length === 0) return [...map.values()];
  return ids.map((id) => {
    const thing = map.get(id);
    if (thing === undefined) throw new Ec2Error(code, `The ${what} '${id}' does not exist`);
    return thing;
  });
}

/** Any list of an answer in pages, as EC2 may cut each of them. */
export function paged(content: Xml, query: Query, size: number): Xml {
  if (!query.require('Action').startsWith('Describe') || query.has('MaxResults')) return content;
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return content;
  const answer = content as Readonly<Record<string, Xml>>;
  const found = Object.entries(answer).find(([, list]) => Array.isArray(list) && list.length > size);
  if (found === undefined) return content;
  const [tag, list] = found as [string, readonly Xml[]];
  const from = Number(query.text('NextToken') ?? 0);
  const next = from + size < list.length ? String(from + size) : undefined;
  return { ...answer, [tag]: list.slice(from, from + size), nextToken: next };
}

/** One page of a list; the token is where the next one begins. */
export function page<T>(
  list: readonly T[],
  query: Query,
): { readonly items: readonly T[]; readonly nextToken: string | undefined } {
  const from = Number(query.text('NextToken') ?? 0);
  const end = from + (query.number('MaxResults') ?? 1000);
  return { items: list.slice(from, end), nextToken: end < list.length ? String(end) : undefined };
}
