import type { AgentEvent } from './agent-api.js';
import type { ServiceSpec } from '../swarm/workload.js';
import type { ObservedNode } from './observation.js';

/** An event before it has a number, a time and a source. */
export type EventDraft = Omit<AgentEvent, 'seq' | 'time' | 'source'>;

/**
 * One write to the swarm. Updates contain the version on which the decision was based, so that the engine refuses them
 * if another program has written first. `done` has the events to report when the write has succeeded.
 */
export type Action = { readonly done: readonly EventDraft[] } & (
  | {
      readonly kind: 'update-service';
      readonly name: string;
      readonly id: string;
      readonly version: number;
      readonly spec: ServiceSpec;
      readonly why: 'drift' | 'move-start' | 'move-end';
    }
  | { readonly kind: 'create-service'; readonly name: string; readonly spec: ServiceSpec }
  | { readonly kind: 'remove-service'; readonly name: string; readonly id: string }
  | {
      readonly kind: 'update-node';
      readonly name: string;
      readonly id: string;
      readonly version: number;
      readonly spec: ObservedNode['Spec'];
    }
  | { readonly kind: 'remove-node'; readonly name: string; readonly id: string }
);

/** Something that is wrong for as long as it is found. Becomes an event when it appears, changes or is over. */
export interface Condition extends EventDraft {
  /** The subject of the action, once for each subject and cause. */
  readonly key: string;
  /** It counts as changed when this changes; default: the message. */
  readonly identity?: string;
  /** The event to report when the condition has ended. */
  readonly over?: EventDraft;
}
