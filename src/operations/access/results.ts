import type { ErrorJson } from '../../lib/errors.js';
import type { CostEstimate, HostState } from '../../drivers/driver.js';
import type { Role } from '../../machine/machine-record.js';

/** A node as the swarm sees it, with the name of its host. */
export interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly leader: boolean;
  /** Down for ever: its host has joined again as another node (`node ls --prune`). */
  readonly former: boolean;
  readonly state: string;
  readonly availability: string;
  /** Raft reachability of managers: reachable, unreachable, unknown; null for workers. */
  readonly reachability: string | null;
  readonly address: string;
  readonly engineVersion: string;
}

/** The result for one host in a multi-host command. */
export interface HostOutcome {
  readonly name: string;
  readonly status:
    | 'would-create'
    | 'would-adopt'
    | 'would-check'
    | 'would-install'
    | 'would-upgrade'
    | 'would-remove'
    | 'would-unlock'
    | 'would-import'
    | 'would-promote'
    | 'would-demote'
    | 'would-activate'
    | 'would-update'
    | 'would-join'
    | 'would-leave'
    | 'would-start'
    | 'would-stop'
    | 'would-kill'
    | 'would-restart'
    | 'would-save'
    | 'would-restore'
    | 'would-copy'
    | 'would-run'
    | 'promoted'
    | 'demoted'
    | 'activated'
    | 'updated'
    | 'joined'
    | 'rejoined'
    | 'left'
    | 'created'
    | 'adopted'
    | 'resumed'
    | 'unchanged'
    | 'started'
    | 'stopped'
    | 'restarted'
    | 'killed'
    | 'removed'
    | 'saved'
    | 'restored'
    | 'imported'
    | 'installed'
    | 'upgraded'
    | 'provisioned'
    | 'renewed'
    | 'would-renew'
    | 'unlocked'
    | 'copied'
    | 'failed';
  readonly error?: ErrorJson;
}

export interface CreateResult {
  readonly swarm: string | null;
  readonly driver: string;
  readonly driverReason: string;
  /** Options that new hosts get because the swarm was made with them, as flags. */
  readonly inheritedOptions: readonly string[];
  readonly dryRun: boolean;
  /** With --fix: what was, or would be, changed on this computer before anything was made. */
  readonly fixes?: readonly string[];
  readonly hosts: readonly (HostOutcome & { readonly role: Role | null; readonly url: string | null })[];
  readonly nodes: readonly NodeRow[];
  /** Of a dry run: what the new hosts would cost, where they cost money. */
  readonly cost?: CostEstimate;
  readonly warnings: readonly string[];
  /** The exact next commands. */
  readonly next: readonly string[];
  readonly elapsedMs: number;
}

export interface HostRow {
  readonly name: string;
  /** With its swarm, as in `agent1.lab`: the same from every folder. */
  readonly fullName: string;
  /** This is the host that DOCKER_HOST of the caller points to. */
  readonly active: boolean;
  readonly driver: string;
  readonly state: HostState | 'unknown';
  readonly url: string | null;
  readonly swarm: string | null;
  readonly role: Role | null;
  /** The manifest of its lab, absolute path; null: it is of no lab, or an older swarmup made it. */
  readonly lab: string | null;
  /** Labels that its engine was asked to have, as in `zone=a`. */
  readonly labels: readonly string[];
  /** Engine version, as the host's TLS port (or ssh) answers it. */
  readonly docker: string | null;
  /** When the certificate of its engine ends (RFC 3339); null: it was not seen. */
  readonly certificateEnds: string | null;
  readonly errors: readonly string[];
}

export interface NodeListResult {
  readonly swarm: string;
  readonly nodes: readonly NodeRow[];
  /** Former nodes that were (or, in a dry run, would be) taken off the list: their IDs. */
  readonly pruned: readonly string[];
}

export interface HostsResult {
  readonly hosts: readonly HostOutcome[];
}

/** The results for nodes, by the names of their hosts. */
export interface NodesResult {
  readonly swarm: string;
  readonly dryRun: boolean;
  readonly nodes: readonly HostOutcome[];
}
