import type { CreateContext, Driver, OptionValues } from '../../drivers/driver.js';
import { SwarmupError } from '../../lib/errors.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { Runner } from '../../ssh/runner.js';
import type { StepContext } from '../../plan/step.js';
import type { ConnectOptions, OperationContext } from './context.js';
import { driverContext } from './driver-context.js';

/** One host in one run: its record as it is now, its driver, its connection, and how they are saved. */
export class HostSession {
  #record: MachineRecord;

  constructor(
    readonly context: OperationContext,
    record: MachineRecord,
    /** undefined: what made the host is not installed. */
    private readonly installed: Driver | undefined,
    /** Those of its driver, with the secret ones that no record keeps. */
    readonly options = record.options as OptionValues,
  ) {
    this.#record = record;
  }

  /** Of a host on record. Errors: HOST_UNKNOWN, DRIVER_UNKNOWN. */
  static async open(context: OperationContext, name: string): Promise<HostSession> {
    const record = await context.store.require(name);
    return new HostSession(context, record, await context.drivers.get(record.driver));
  }

  get name(): string {
    return this.#record.name;
  }

  /** As it was last read or written here. */
  get record(): MachineRecord {
    return this.#record;
  }

  /** Errors: DRIVER_UNKNOWN. */
  get driver(): Driver {
    if (this.installed !== undefined) return this.installed;
    const { name, driver } = this.#record;
    throw new SwarmupError('DRIVER_UNKNOWN', `${name} was made by the driver ${driver}, which is not installed`);
  }

  /** Changes the record, on disk and here. Errors: HOST_UNKNOWN, STORE_WRITE_FAILED. */
  async update(change: (record: MachineRecord) => MachineRecord): Promise<MachineRecord> {
    return (this.#record = await this.context.store.update(this.name, change));
  }

  /** Reads the record again, because another program may have changed it. Errors: HOST_UNKNOWN. */
  async reload(): Promise<MachineRecord> {
    return (this.#record = await this.context.store.require(this.name));
  }

  /** The context of its driver for one step; data that the driver saves is on disk before its next step. */
  driverContext({ signal, detail }: StepContext): CreateContext<unknown> {
    return {
      ...driverContext(this.context, this.driver, this.options, { signal, log: detail }),
      save: async (driverState) => {
        await this.update((record) => ({ ...record, driverState }));
      },
    };
  }

  /** The kept connection to the host, as root. Errors: those of `OperationContext.connect`. */
  connect(options: ConnectOptions): Promise<Runner> {
    return this.context.connect(this.#record, options);
  }
}
