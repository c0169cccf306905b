import type { Finding } from '../../doctor/finding.js';
import type { KeyCustody } from '../../machine/machine-record.js';
import type { Strength } from '../../swarm/guardian.js';
import type { NodeRow } from '../access/results.js';
import type { ServiceCount } from '../steps/service-counts.js';

export interface StatusNode extends NodeRow {
  /** Of the certificate with which the node is in the swarm (RFC 3339); null: its host did not tell in time. */
  readonly certificateBegins: string | null;
  readonly certificateEnds: string | null;
}

export interface SwarmStatusResult {
  readonly swarm: string;
  /** No finding is an error. */
  readonly healthy: boolean;
  /** How much its managers can bear, in words: `3 managers: survives 1 failure`. */
  readonly summary: string;
  readonly strength: Strength;
  /** The manager that reported this; null: none could. */
  readonly manager: string | null;
  /** What each manager says, where none could tell of the swarm. */
  readonly said: readonly { readonly host: string; readonly message: string }[];
  readonly nodes: readonly StatusNode[];
  /** Which engine versions run on which nodes. */
  readonly versions: readonly { readonly version: string; readonly nodes: readonly string[] }[];
  /** Signs the certificates of nodes. */
  readonly authority: { readonly ends: string | null; readonly rotating: boolean } | null;
  readonly autolock: { readonly on: boolean; readonly custody: KeyCustody['type'] | null } | null;
  /** Where overlay networks get their subnets; `used` of `subnets` there are. */
  readonly addressPools: {
    readonly pools: readonly string[];
    readonly prefix: number;
    readonly used: number;
    readonly subnets: number;
  } | null;
  readonly services: number | null;
  /** Services with fewer tasks on Ready nodes than they want. */
  readonly notRunning: readonly (ServiceCount & { readonly why: string | null })[];
  /** What is wrong, the worst first, and what to do about it. */
  readonly findings: readonly Finding[];
}
