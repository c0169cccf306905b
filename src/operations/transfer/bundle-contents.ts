import type { OperationContext } from '../access/context.js';
import type { CheckedBundle, CheckedHost } from './check-bundle.js';

/** What a bundle would bring into this store. Plain JSON without secrets. */
export interface BundleContents {
  readonly hosts: readonly BundledHost[];
  readonly swarms: readonly {
    readonly name: string;
    /** A swarm of this name is on record here already, and the hosts would be part of it. */
    readonly known: boolean;
  }[];
  /** A client certificate that all hosts of the sender accept. */
  readonly clientCertificate: boolean;
  /** The sender's authority with its key: its owner can make certificates for all hosts of the sender. */
  readonly authority: boolean;
}

interface BundledHost {
  readonly name: string;
  readonly driver: string;
  readonly swarm: string | null;
  readonly role: 'manager' | 'worker' | null;
  /** `user@address:port`; null: it was never reached. */
  readonly ssh: string | null;
  /** The hosts on the way to it, the same. */
  readonly through: readonly string[];
  /** Names of ssh keys that come along. */
  readonly keys: readonly string[];
  /** Options of its driver, as in `network=lab`; later hosts of its swarm inherit them. */
  readonly options: readonly string[];
  /** What its record says besides, and is not taken over. */
  readonly leftOut: readonly string[];
}

/** Reads the store, and changes nothing. */
export async function contentsOf(
  { store }: OperationContext,
  { hosts, certificates }: CheckedBundle,
): Promise<BundleContents> {
  const swarms = [...new Set(hosts.flatMap(({ record }) => record.swarm ?? []))].sort();
  const known = await store.swarms();
  return {
    hosts: hosts.map(hostOf),
    swarms: swarms.map((name) => ({ name, known: known.includes(name) })),
    clientCertificate: certificates !== undefined,
    authority: certificates?.authorityKey !== undefined,
  };
}

function hostOf({ name, record, files, leftOut }: CheckedHost): BundledHost {
  const { driver, swarm, role, endpoint, options } = record;
  const addressOf = ({ user, host, port }: NonNullable<typeof endpoint>): string => `${user}@${host}:${port}`;
  return {
    name,
    driver,
    swarm,
    role,
    ssh: endpoint === null ? null : addressOf(endpoint),
    through: (endpoint?.login?.jumps ?? []).map((jump) => addressOf({ ...jump, hostKey: '' })),
    keys: [...files.keys()].filter((file) => /^(?:id_ed25519$|keys\/)/.test(file)),
    options: Object.entries(options).map(([option, value]) => `${option}=${String(value)}`),
    leftOut: [...new Set(leftOut)],
  };
}
