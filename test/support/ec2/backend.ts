/** What a backend is told of an instance that is to run. */
interface Launch {
  readonly id: string;
  readonly name: string;
  readonly privateIp: string;
  /** The public address that it is to have; undefined: none. */
  readonly publicIp: string | undefined;
  /** Decoded. */
  readonly userData: Buffer | undefined;
  /** For the name of the default user. */
  readonly imageName: string;
}

/** Where instances run. Each call ends when the instance is in the new state. */
export interface Backend {
  /** Errors: LaunchFailed: pending goes to terminated, as EC2 fails late. */
  launch(instance: Launch): Promise<{ readonly privateIp?: string; readonly publicIp?: string }>;
  stop(id: string, force: boolean): Promise<void>;
  start(id: string, publicIp: string | undefined): Promise<{ readonly publicIp?: string }>;
  reboot(id: string): Promise<void>;
  terminate(id: string): Promise<void>;
}

/** Why an instance goes from pending to terminated: `Client.VolumeLimitExceeded`, `Server.InternalError` … */
export class LaunchFailed extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** No hosts: instances exist in the answers only. */
export const instantBackend: Backend = {
  launch: () => Promise.resolve({}),
  stop: () => Promise.resolve(),
  start: () => Promise.resolve({}),
  reboot: () => Promise.resolve(),
  terminate: () => Promise.resolve(),
};
