import type { CostEstimate } from '../drivers/driver.js';
import type { ErrorJson } from '../lib/errors.js';
import type { LocalAction } from './local-actions.js';

/** One thing that `up` would do. */
export interface LabChange {
  readonly what: 'host' | 'swarm' | 'network' | 'secret' | 'stack' | 'service' | 'count';
  readonly name: string;
  /**
   * `resume`: the creation was not finished, or the host has stopped. `run`: a script that runs at every up, which is
   * not a change by itself.
   */
  readonly action: 'create' | 'resume' | 'update' | 'replace' | 'remove' | 'run';
  /** What about it, a line each: `memory 512 -> 1024`. */
  readonly details: readonly string[];
  /** Of a host. */
  readonly pool?: string;
}

/** A change with its result. */
export type LabOutcome = LabChange & { readonly status: 'done' | 'failed'; readonly error?: ErrorJson };

/** Whether the change makes a difference. */
export const isChange = ({ action }: LabChange): boolean => action !== 'run';

/** Whether something that exists would be lost. */
export const isLoss = ({ action }: LabChange): boolean => action === 'remove' || action === 'replace';

/** Whether a host would be made. */
export const isMade = ({ what, action }: LabChange): boolean =>
  what === 'host' && (action === 'create' || action === 'replace');

const shown = ['create', 'resume', 'update', 'replace', 'remove'] as const;

/** For example `3 create · 1 replace · 2 remove across 4 hosts`. */
export function planFooter(changes: readonly LabChange[], hosts: number): string {
  const counts = shown.flatMap((action) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} ${action}`];
  });
  const across = `across ${hosts} ${hosts === 1 ? 'host' : 'hosts'}`;
  return counts.length === 0 ? `no changes  ${across}` : `${counts.join(' · ')}  ${across}`;
}

/** The result of `plan`. */
export interface LabPlan {
  readonly lab: string;
  readonly changes: readonly LabChange[];
  /** Of the lab, once it is as wanted. */
  readonly hosts: number;
  readonly footer: string;
  /** What the manifest makes this computer do, whether it is needed now or not. */
  readonly local: readonly LocalAction[];
  /** What cannot be looked at yet, and why. */
  readonly pending: readonly string[];
  readonly warnings: readonly string[];
  /** Of the hosts that would be made, where their driver knows it. */
  readonly cost?: CostEstimate;
  /** How long it took last, here, to make hosts by the slowest of their drivers. */
  readonly time?: { readonly driver: string; readonly hosts: number; readonly elapsedMs: number; readonly at: string };
}
