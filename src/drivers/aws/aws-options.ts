import { readFile } from 'node:fs/promises';
import { messageOf, usageError } from '../../lib/errors.js';
import { networkOf } from '../../lib/cidr.js';
import type { OptionValues } from '../driver.js';

/** The driver's options, read by type; the registry has checked them against the declaration. */
export interface AwsOptions {
  readonly instanceTypes: readonly string[];
  readonly ami: string;
  readonly sshUser: string | undefined;
  readonly sshPort: number;
  readonly vpc: string | undefined;
  readonly subnets: readonly string[];
  readonly zones: readonly string[];
  readonly securityGroups: readonly string[];
  readonly allowed: readonly string[];
  readonly openPorts: readonly OpenPort[];
  readonly reachedBy: 'public' | 'private';
  /** undefined: as the subnet does it. */
  readonly publicIp: boolean | undefined;
  readonly elasticIp: boolean;
  readonly rootSizeGiB: number;
  readonly volumeType: string;
  readonly encrypted: boolean;
  readonly kmsKey: string | undefined;
  readonly instanceProfile: string | undefined;
  readonly imdsHops: number;
  readonly spot: boolean;
  readonly spotPrice: string | undefined;
  readonly spotFallback: boolean;
  /** Also what is refused for the swarm's own good. */
  readonly force: boolean;
  readonly placementGroup: string | undefined;
  readonly keyPair: string | undefined;
  /** A public key of the user's, to be imported. */
  readonly importKeyFile: string | undefined;
  readonly userDataFile: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly monitoring: boolean;
  readonly protect: boolean;
}

interface OpenPort {
  readonly from: number;
  readonly to: number;
  readonly protocol: 'tcp' | 'udp';
  readonly cidr: string;
}

/** Errors: OPTION_INVALID, CIDR_INVALID (exit 2). */
export function awsOptions(values: OptionValues): AwsOptions {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const given = (name: string): readonly string[] => {
    const value = values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  };
  // A flag that is given twice and one value with commas mean the same.
  const list = (name: string): readonly string[] =>
    given(name).flatMap((text) => text.split(',').flatMap((part) => part.trim() || []));
  const number = (name: string, fallback: number): number => {
    const value = values[name];
    return typeof value === 'number' ? value : fallback;
  };
  const types = list('instance-type');
  const publicIp = text('public-ip') ?? 'auto';
  const spot = values['spot'] === true;
  return {
    instanceTypes: types.length > 0 ? types : ['t3.small'],
    ami: text('ami') ?? 'ubuntu:24.04',
    sshUser: text('ssh-user'),
    sshPort: number('ssh-port', 22),
    vpc: text('vpc-id'),
    subnets: list('subnet-id'),
    zones: list('zone'),
    securityGroups: list('security-group'),
    allowed: list('allow-cidr').map(networkOf),
    openPorts: list('open-port').map(openPort),
    reachedBy: text('address') === 'private' ? 'private' : 'public',
    publicIp: publicIp === 'auto' ? undefined : publicIp === 'yes',
    elasticIp: values['elastic-ip'] === true,
    rootSizeGiB: number('root-size', 16),
    volumeType: text('volume-type') ?? 'gp3',
    encrypted: values['volume-encrypted'] !== false,
    kmsKey: text('volume-kms-key'),
    instanceProfile: text('iam-instance-profile'),
    imdsHops: number('imds-hops', 1),
    spot,
    spotPrice: spotPrice(text('spot-price'), spot),
    spotFallback: values['spot-fallback'] === true,
    force: values['force'] === true,
    placementGroup: text('placement-group'),
    keyPair: text('key-pair'),
    importKeyFile: importKeyFile(text('import-key'), text('key-pair')),
    userDataFile: text('user-data'),
    tags: readTags(given('tag')),
    monitoring: values['monitoring'] === true,
    protect: values['protect'] === true,
  };
}

/** An instance has one key pair. */
function importKeyFile(given: string | undefined, keyPair: string | undefined): string | undefined {
  if (given === undefined || keyPair === undefined) return given;
  throw usageError(
    'OPTION_INVALID',
    '--aws-import-key and --aws-key-pair cannot be used together',
    'leave out one of the two options',
  );
}

/** A price alone would make hosts that cost more than the user thinks. */
function spotPrice(given: string | undefined, spot: boolean): string | undefined {
  if (given === undefined) return undefined;
  if (!spot)
    throw usageError('OPTION_INVALID', '--aws-spot-price works only with spot instances', `--aws-spot=${given}`);
  if (!(Number(given) > 0)) throw usageError('OPTION_INVALID', `--aws-spot-price: '${given}' is not a price in USD`);
  return given;
}

/** Of `80`, `8000-8010`, `53/udp`, `443@10.0.0.0/8`. */
function openPort(given: string): OpenPort {
  const [, from = '', to = from, protocol = 'tcp', cidr = '0.0.0.0/0'] =
    /^(\d+)(?:-(\d+))?(?:\/(tcp|udp))?(?:@(.+))?$/.exec(given) ?? [];
  const port = { from: Number(from), to: Number(to), protocol: protocol === 'udp' ? 'udp' : 'tcp' } as const;
  if (port.from < 1 || port.to > 65535 || port.to < port.from)
    throw usageError('OPTION_INVALID', `--aws-open-port: '${given}' is not PORT[-PORT][/udp][@CIDR]`);
  return { ...port, cidr: networkOf(cidr) };
}

/**
 * `k=v` each, or several with commas between them (`a=b,c=d`); a comma that no `KEY=` follows belongs to the value.
 * docker-machine wrote `k1,v1,k2,v2`.
 */
function readTags(values: readonly string[]): Readonly<Record<string, string>> {
  const given = values.flatMap((text) => text.split(/,(?=[^,=]+=)/));
  const pairs =
    given.length % 2 === 0 && !given.some((text) => text.includes('='))
      ? given.flatMap((key, i) => (i % 2 === 0 ? [[key, given[i + 1] ?? ''] as const] : []))
      : given.map((text) => [text.split('=')[0] ?? '', text.slice(text.indexOf('=') + 1)] as const);
  for (const [key] of pairs)
    if (key === '' || !given.some((text) => text === key || text.startsWith(`${key}=`)) || /^(swarmup:|aws:)/.test(key))
      throw usageError('OPTION_INVALID', `--aws-tag: '${key}' is not allowed as a tag of your own; write KEY=VALUE`);
  return Object.fromEntries(pairs);
}

/** The user's own user-data. Errors: OPTION_INVALID when the file cannot be read. */
export async function ownUserData({ userDataFile }: AwsOptions): Promise<string | undefined> {
  if (userDataFile === undefined) return undefined;
  try {
    return await readFile(userDataFile, 'utf8');
  } catch (error) {
    throw usageError('OPTION_INVALID', `--aws-user-data: ${messageOf(error)}`);
  }
}
