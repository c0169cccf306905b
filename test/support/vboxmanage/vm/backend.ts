import type { Forward, Machine } from '../model.js';

/** What a virtual machine is made of here. */
export interface Backend {
  /** Boots, or goes on where the state was saved. Fails with a Refusal. */
  start(): Promise<void>;
  /** False: the port of the host is taken; the machine runs without this rule, as a real one does. */
  forward(nic: number, forward: Forward): Promise<boolean>;
  unforward(nic: number, forward: Forward): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  reset(): Promise<void>;
  /** Asks the guest to shut down. */
  powerButton(): Promise<void>;
  powerOff(): Promise<void>;
  /** Writes the state to a file, after which nothing runs. */
  saveState(file: string): Promise<void>;
  /** Goes on with disks that lie on top of the ones it has; keeps the state in a file. */
  snapshot(stateFile: string, machine: Machine): Promise<void>;
  /** Settles when the guest has shut down. */
  readonly ended: Promise<void>;
}

/** Why a machine does not start: the console's own words, one reason a line. */
export class Refusal extends Error {}

export type BackendName = 'none' | 'container' | 'qemu';
