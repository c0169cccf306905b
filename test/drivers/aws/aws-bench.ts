import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAwsDriver } from '../../../src/drivers/aws/aws-driver.js';
import type { AwsTiming } from '../../../src/drivers/aws/aws-region.js';
import type { AwsState } from '../../../src/drivers/aws/aws-state.js';
import { awsDeclaration } from '../../../src/drivers/aws/declaration.js';
import type {
  Driver,
  DriverContext,
  HostDescription,
  HostIdentity,
  OptionValues,
} from '../../../src/drivers/driver.js';
import { readOptions } from '../../../src/drivers/option-values.js';
import { generateSshKey } from '../../../src/ssh/keys.js';
import { driverContexts } from '../../support/driver-context.js';
import { type Ec2Endpoint, type Ec2Options, startEc2 } from '../../support/ec2/ec2-endpoint.js';

/** The SDK reads its credentials from here; the endpoint wants some, of whatever value. */
process.env['AWS_ACCESS_KEY_ID'] = 'AKIATEST';
process.env['AWS_SECRET_ACCESS_KEY'] = 'secret';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
delete process.env['AWS_PROFILE'];

/** As patient as an endpoint on this machine deserves. */
export const hurried: Partial<AwsTiming> = { gatherMs: 2, pollMs: 15, visibleMs: 2_000, busyMs: 4_000 };

export interface AwsHost {
  readonly identity: HostIdentity;
  state: AwsState | undefined;
}

/** A driver and what it works on; one driver instance is one process. */
export interface AwsBench extends AsyncDisposable {
  readonly ec2: Ec2Endpoint;
  readonly driver: Driver<AwsState>;
  readonly context: (options?: OptionValues, signal?: AbortSignal) => DriverContext;
  readonly host: (name: string, more?: Partial<HostIdentity>) => AwsHost;
  /** Creates as core does; `onSave` may throw, as a kill would end it. */
  readonly create: (host: AwsHost, options?: OptionValues, more?: CreateOptions) => Promise<HostDescription>;
  readonly remove: (host: AwsHost, options?: { readonly force: boolean }) => Promise<void>;
  /** The same world, and a driver that knows nothing of what the one before did. */
  readonly newProcess: () => AwsBench;
}

interface CreateOptions {
  readonly onSave?: () => void;
  readonly signal?: AbortSignal;
}

export async function openAwsBench(options: Ec2Options = {}, timing: Partial<AwsTiming> = hurried): Promise<AwsBench> {
  return benchOver(await startEc2(options), timing);
}

function benchOver(ec2: Ec2Endpoint, timing: Partial<AwsTiming>): AwsBench {
  const driver = createAwsDriver(timing);
  const contexts = driverContexts({}, tmpdir());
  const context = (given: OptionValues = {}, signal?: AbortSignal): DriverContext => ({
    ...contexts(signal),
    options: readOptions(awsDeclaration, { ...base(ec2), ...given }, {}),
  });
  return {
    ec2,
    driver,
    context,
    host: (name, more = {}) => ({ identity: awsIdentity(name, more), state: undefined }),
    create: (host, given, { onSave, signal } = {}) => {
      const save = async (state: AwsState): Promise<void> => {
        onSave?.();
        host.state = JSON.parse(JSON.stringify(state)) as AwsState;
      };
      return driver.create({ ...context(given, signal), save }, host.identity, host.state);
    },
    remove: ({ identity, state }, how) => driver.remove(context(), identity, state, how),
    newProcess: () => benchOver(ec2, timing),
    [Symbol.asyncDispose]: () => ec2[Symbol.asyncDispose](),
  };
}

/** A public key of a user's, in a file as ssh-keygen makes it. */
export async function ownKeyFile(text = generateSshKey('anna@laptop').publicKey): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'swarmup-key-')), 'id_ed25519');
  await writeFile(`${file}.pub`, text);
  return file;
}

const base = (ec2: Ec2Endpoint): OptionValues => ({
  region: ec2.world.region,
  'endpoint-url': ec2.url,
});

export const awsIdentity = (name: string, more: Partial<HostIdentity> = {}): HostIdentity => ({
  id: randomUUID(),
  name,
  swarm: null,
  swarmId: null,
  role: null,
  owner: 'tests',
  authorizedKey: generateSshKey('user').publicKey,
  hostKey: generateSshKey(name),
  ...more,
});
