import type { ContainerDraft, ServiceDraft } from '../service-draft.js';
import type { VolumeOf } from './mounts.js';
import type { StackNames } from './stack-names.js';
import type { ComposeService } from './service-keys.js';

/** What keys of a service act on. */
export interface ServiceTarget {
  /** Of the service in the file. */
  readonly name: string;
  readonly service: ComposeService;
  readonly draft: ServiceDraft;
  readonly container: ContainerDraft;
  readonly names: StackNames;
  readonly volume: VolumeOf;
  readonly warn: (message: string) => void;
  /** Errors: COMPOSE_INVALID (exit 2) with the place of a key of the service. */
  readonly fail: (path: readonly (string | number)[], message: string, ...hints: readonly string[]) => never;
}
