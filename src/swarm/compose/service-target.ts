import type { ContainerDraft, ServiceDraft } from '../service-draft.js';
import type { VolumeOf } from './mounts.js';
import type { StackNames } from './stack-names.js';

/** The objects that the keys of a service act on. */
export interface ServiceTarget {
  /** Of the service in the file. */
  readonly name: string;
  /** Other keys of it that some keys depend on. */
  readonly service: {
    readonly cap_add?: readonly string[] | undefined;
    readonly deploy?: { readonly restart_policy?: unknown } | undefined;
    readonly dns?: readonly string[] | undefined;
    readonly dns_search?: readonly string[] | undefined;
  };
  readonly draft: ServiceDraft;
  readonly container: ContainerDraft;
  readonly names: StackNames;
  readonly volume: VolumeOf;
  readonly warn: (message: string) => void;
  /** Errors: COMPOSE_INVALID (exit 2) with the place of a key of the service. */
  readonly fail: (path: readonly (string | number)[], message: string, ...hints: readonly string[]) => never;
}
