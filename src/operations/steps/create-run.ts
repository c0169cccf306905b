import type { HostFacts } from '../../bootstrap/host-facts.js';
import type { Driver, HostDescription, OptionValues } from '../../drivers/driver.js';
import type { Endpoint, MachineRecord, Role } from '../../machine/machine-record.js';
import type { HostKeyTrust } from '../../ssh/log-in.js';
import type { OperationContext } from '../access/context.js';
import type { SwarmWish } from '../access/create-request.js';
import { HostSession } from '../access/host-session.js';
import type { SwarmAccess } from '../access/swarm-access.js';

/** The findings on a host that exists already. */
interface Survey {
  readonly description: HostDescription;
  readonly endpoint: Endpoint;
  readonly facts: HostFacts;
  /** The settings of its daemon.json that will differ from the wanted ones; reported again when they do. */
  readonly warnings: readonly string[];
}

interface CreateSessionOptions {
  /** Of its driver, with those that no record keeps. */
  readonly options?: OptionValues;
  /** This run is the first to know it. */
  readonly isNew: boolean;
}

/** A host in a run of create, with the findings of its steps for later steps. */
export class CreateSession extends HostSession {
  readonly isNew: boolean;
  description?: HostDescription;
  facts?: HostFacts;
  /** The findings before the run began, for a host that existed before it. */
  survey?: Survey;
  /** It was off when this run began. */
  hadNoPower = false;

  constructor(context: OperationContext, record: MachineRecord, driver: Driver, options: CreateSessionOptions) {
    super(context, record, driver, options.options);
    this.isNew = options.isNew;
  }

  get role(): Role | null {
    return this.record.role;
  }
}

/** The state that the hosts of one run share; it lives as long as the run. */
export interface CreateRun {
  readonly context: OperationContext;
  readonly hosts: readonly CreateSession[];
  /** null: plain Docker hosts. */
  readonly swarm: SwarmWish | null;
  readonly trust?: HostKeyTrust | undefined;
  readonly warn: (message: string, host?: string) => void;
  /** Set by the step that opens the swarm. */
  access?: SwarmAccess;
  /** Set by it when this run made the swarm. */
  isNewSwarm?: boolean;
}

/** Something an earlier step must have left; its absence is a bug of the plan. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new Error(`${what} is not there yet: the plan is out of order`);
  return value;
}

export const swarmOf = ({ swarm }: CreateRun): SwarmWish => required(swarm, 'the swarm');
export const accessOf = ({ access }: CreateRun): SwarmAccess => required(access, 'a manager of the swarm');
