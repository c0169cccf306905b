import { isPlain } from '../../lib/is-plain.js';
import { convertKeys, group, key, type Values } from './keys.js';
import { flag, list, options, pairs, type Shape, text, type Keys } from './shape.js';
import { ownName, stackLabel } from './stack-names.js';

type Pairs = Readonly<Record<string, string>>;

/** What all objects of a stack have, while it is put together. */
interface Named {
  /** Its name in the swarm. */
  name: string;
  /** Others made it. */
  external: boolean;
}

interface External {
  readonly external: boolean;
  readonly name?: string;
}

const externalNameKeys = {
  name: key(text, (name: string, to: { name?: string }) => {
    to.name = name;
  }),
} satisfies Keys<{ name?: string }>;

/** `true`, or the older `{ name: … }`. */
const external: Shape<External> = {
  read: (value, at) => {
    if (!isPlain(value)) return { external: flag('cast').read(value, at) };
    const made: { name?: string } = {};
    convertKeys(externalNameKeys, group(externalNameKeys).read(value, at), made);
    return { external: true, ...made };
  },
  merge: (_, above) => above,
  keys: externalNameKeys,
};

/** A name of its own goes before that of docker. `external` is true: it is the key itself. */
const nameKeys = {
  external: key(external, ({ external: isExternal, name }: External, to: Named & { readonly key: string }) => {
    to.external = isExternal;
    if (isExternal) to.name = name ?? to.key;
  }),
  name: key(text, (name: string, to: Named & { readonly key: string }) => {
    if (name !== '') to.name = name;
  }),
};

/** A network as it is made: the body of `POST /networks/create`. */
export interface NetworkDraft extends Named {
  readonly key: string;
  readonly body: Record<string, unknown>;
}

interface Ipam {
  Driver?: string;
  Config?: { Subnet?: string }[];
}

const rangeKeys = {
  subnet: key(text, (subnet: string, to: { Subnet?: string }) => {
    to.Subnet = subnet;
  }),
} satisfies Keys<{ Subnet?: string }>;

const ipamKeys = {
  driver: key(text, (driver: string, to: Ipam) => {
    if (driver !== '') to.Driver = driver;
  }),
  config: key(list(group(rangeKeys), { unique: false }), (all: Values<typeof rangeKeys>[], to: Ipam) => {
    to.Config = all.map((values) => {
      const made = {};
      convertKeys(rangeKeys, values, made);
      return made;
    });
  }),
} satisfies Keys<Ipam>;

const body =
  (name: string) =>
  (value: unknown, { body }: NetworkDraft): void => {
    body[name] = value;
  };

const networkKeys = {
  ...nameKeys,
  driver: key(text, (driver: string, { body }: NetworkDraft) => {
    if (driver !== '') body['Driver'] = driver;
  }),
  driver_opts: key(options, body('Options')),
  internal: key(flag('cast'), body('Internal')),
  attachable: key(flag('cast'), body('Attachable')),
  labels: key(pairs, (labels: Pairs, { body }: NetworkDraft) => {
    body['Labels'] = { ...labels, ...(body['Labels'] as Pairs) };
  }),
  ipam: key(group(ipamKeys), (values: Values<typeof ipamKeys>, { body }: NetworkDraft) => {
    const made: Ipam = {};
    convertKeys(ipamKeys, values, made);
    if (Object.keys(made).length > 0) body['IPAM'] = { Driver: 'default', ...made };
  }),
} satisfies Keys<NetworkDraft>;

const lenient = { extensions: true, nullable: true } as const;

export const network = group(networkKeys, lenient);

export function networkDraft(stack: string, name: string, declared: Values<typeof networkKeys> = {}): NetworkDraft {
  const draft: NetworkDraft = {
    ...{ key: name, name: ownName(stack, name), external: false },
    body: {
      ...{ CheckDuplicate: true, Driver: 'overlay', Attachable: false, Internal: false, Options: {} },
      Labels: { [stackLabel]: stack },
    },
  };
  convertKeys(networkKeys, declared, draft);
  draft.body['Name'] = draft.name;
  return draft;
}

/** A volume: what a mount of it gets. Hosts make it when a task starts. */
export interface VolumeDraft extends Named {
  readonly key: string;
  labels: Pairs;
  driver?: { Name?: string; Options?: Pairs };
}

const volumeKeys = {
  ...nameKeys,
  driver: key(text, (driver: string, to: VolumeDraft) => {
    if (driver !== '') to.driver = { ...to.driver, Name: driver };
  }),
  driver_opts: key(options, (given: Pairs, to: VolumeDraft) => {
    to.driver = { ...to.driver, Options: given };
  }),
  labels: key(pairs, (labels: Pairs, to: VolumeDraft) => {
    to.labels = labels;
  }),
} satisfies Keys<VolumeDraft>;

export const volume = group(volumeKeys, lenient);

/** The name and options of a mount of this volume. */
export function volumeMount(stack: string, name: string, declared: Values<typeof volumeKeys>) {
  const draft: VolumeDraft = { key: name, name: ownName(stack, name), external: false, labels: {} };
  convertKeys(volumeKeys, declared, draft);
  const driver = draft.driver === undefined ? {} : { DriverConfig: draft.driver };
  const made = draft.external ? {} : { Labels: { ...draft.labels, [stackLabel]: stack }, ...driver };
  return { name: draft.name, options: made };
}

/** A secret or config: where its content is, and the rest of what `POST /secrets/create` gets. */
export interface FileDraft extends Named {
  readonly kind: 'secret' | 'config';
  readonly key: string;
  readonly body: Record<string, unknown>;
  source?: { readonly file: string } | { readonly content: string } | { readonly variable: string };
  /** Its content is elsewhere. */
  driver?: { Name?: string; Options?: Pairs };
}

const configKeys = {
  ...nameKeys,
  file: key(text, (file: string, to: FileDraft) => {
    to.source = { file };
  }),
  content: key(text, (content: string, to: FileDraft) => {
    to.source = { content };
  }),
  environment: key(text, (variable: string, to: FileDraft) => {
    to.source = { variable };
  }),
  labels: key(pairs, (labels: Pairs, { body }: FileDraft) => {
    body['Labels'] = { ...labels, ...(body['Labels'] as Pairs) };
  }),
  template_driver: key(text, (driver: string, { body }: FileDraft) => {
    if (driver !== '') body['Templating'] = { Name: driver };
  }),
} satisfies Keys<FileDraft>;

const secretKeys = {
  ...configKeys,
  driver: key(text, (driver: string, to: FileDraft) => {
    if (driver !== '') to.driver = { ...to.driver, Name: driver };
  }),
  driver_opts: key(options, (given: Pairs, to: FileDraft) => {
    to.driver = { ...to.driver, Options: given };
  }),
} satisfies Keys<FileDraft>;

export const config = group(configKeys, { extensions: true });
export const secret = group(secretKeys, { extensions: true });

export type DeclaredFile = Values<typeof secretKeys>;

export function fileDraft(kind: FileDraft['kind'], stack: string, name: string, declared: DeclaredFile): FileDraft {
  const draft: FileDraft = {
    ...{ kind, key: name, name: ownName(stack, name), external: false },
    body: { Labels: { [stackLabel]: stack } },
  };
  convertKeys(secretKeys, declared, draft);
  draft.body['Name'] = draft.name;
  if (draft.driver?.Name !== undefined) draft.body['Driver'] = draft.driver;
  return draft;
}

/** Every table of the top of a file, for those that walk them. */
export const objectKeys = { networks: networkKeys, volumes: volumeKeys, secrets: secretKeys, configs: configKeys };
