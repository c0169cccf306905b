import { readdir, readFile, realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { isHostAddress, isPort, isUserName } from '../lib/border.js';
import { codeOf, messageOf, SwarmupError, usageError } from '../lib/errors.js';
import { swarmup } from '../lib/typed-command.js';

/** A machine in a store of docker-machine, as far as it can be used. Nothing there is ever written. */
export interface OldMachine {
  /** As docker-machine calls it. */
  readonly name: string;
  /** Name of its driver there. */
  readonly driver: string;
  readonly ssh: { readonly host: string; readonly port: number; readonly user: string };
  /** Path of the private key; undefined: the caller's own keys and agent let in. */
  readonly keyPath: string | undefined;
  readonly engine: { readonly host: string; readonly port: number };
  /** Further names that its certificate was asked to have. */
  readonly tlsSans: readonly string[];
  /** ca.pem, cert.pem and key.pem; undefined unless all are there. */
  readonly certificates: ReadonlyMap<string, string> | undefined;
  /** The driver's own record, JSON with the cloud's secrets in clear. Never log it. */
  readonly driverConfig: Readonly<Record<string, unknown>>;
}

/** One that cannot be used, and why. */
interface UnusableMachine {
  readonly name: string;
  readonly driver: string | undefined;
  readonly error: SwarmupError;
}

type Json = Readonly<Record<string, unknown>>;

/** Source: libmachine/version, `ConfigVersion`. */
const newestVersion = 3;
const enginePort = 2376;
const certificateFiles = ['ca.pem', 'cert.pem', 'key.pem'];

/**
 * The machines of a docker-machine store of any version. A damaged, incomplete or too new machine does not affect the
 * others. Errors: STORE_NOT_FOUND (exit 2) if the store does not exist.
 */
export async function readDockerMachineStore(
  path: string,
): Promise<{ readonly machines: readonly OldMachine[]; readonly unusable: readonly UnusableMachine[] }> {
  const machines: OldMachine[] = [];
  const unusable: UnusableMachine[] = [];
  for (const name of await machineNames(path)) {
    let driver: string | undefined;
    try {
      const config = await readConfig(join(path, 'machines', name), name);
      driver = text(config['DriverName']);
      machines.push(await readMachine(path, name, config));
    } catch (error) {
      if (!(error instanceof SwarmupError)) throw error;
      unusable.push({ name, driver, error });
    }
  }
  return { machines, unusable };
}

async function machineNames(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(path, 'machines'), { withFileTypes: true });
    // As docker-machine: what begins with a dot is none.
    const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
    return folders.map((entry) => entry.name).sort();
  } catch (error) {
    throw usageError(
      'STORE_NOT_FOUND',
      `there is no docker-machine store in ${path}: ${messageOf(error)}`,
      'name the folder of the store with --from; docker-machine keeps the store in ~/.docker/machine or in MACHINE_STORAGE_PATH',
    );
  }
}

async function readConfig(folder: string, name: string): Promise<Json> {
  const path = join(folder, 'config.json');
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') throw halfMade(name, 'it has no config.json');
    throw broken(name, path, messageOf(error));
  });
  let config: unknown;
  try {
    config = JSON.parse(content);
  } catch {
    throw broken(name, path, 'it is not JSON');
  }
  if (!isJson(config)) throw broken(name, path, 'it is not a JSON object');
  // Before version 1 there was no such field.
  const version = config['ConfigVersion'] ?? 0;
  if (typeof version !== 'number') throw broken(name, path, 'its ConfigVersion is not a number');
  if (version > newestVersion)
    throw new SwarmupError(
      'STORE_NEWER',
      `a newer docker-machine wrote ${name} (config version ${version}; swarmup knows the versions 0 to ${newestVersion})`,
      {
        host: name,
        hints: ['upgrade swarmup', `or adopt the host by its address: ${swarmup`create NAME=USER@ADDRESS`}`],
      },
    );
  return config;
}

async function readMachine(store: string, name: string, config: Json): Promise<OldMachine> {
  const folder = join(store, 'machines', name);
  const driver = text(config['DriverName']);
  const own = config['Driver'];
  if (driver === undefined || !isJson(own)) throw broken(name, join(folder, 'config.json'), 'it names no driver');
  if (driver === 'none')
    throw new SwarmupError('NO_SSH', `${name} has the driver none: the machine is only a URL, without SSH access`, {
      host: name,
      hints: ['make a docker context for the URL: docker context create'],
    });
  const ip = addressOf(driver, own);
  if (ip === undefined) throw halfMade(name, 'it has no address');
  const { ssh, engine } = whereIs(driver, own, ip);
  const options = config['HostOptions'] as { AuthOptions?: { ServerCertSANs?: unknown } } | undefined;
  const sans = options?.AuthOptions?.ServerCertSANs;
  const tlsSans = Array.isArray(sans) ? sans.filter((san) => typeof san === 'string') : [];
  const wrong = wrongField({ driver, ssh, engine, tlsSans });
  if (wrong !== undefined) throw broken(name, join(folder, 'config.json'), wrong);
  return {
    name,
    driver,
    ssh,
    keyPath: await keyOf(store, folder, own),
    engine,
    tlsSans,
    certificates: await certificatesOf(store, folder),
    driverConfig: own,
  };
}

/** A store can be that of another person: what becomes a line of a file, or an argument, has the form of what it stands for. */
function wrongField({
  driver,
  ssh,
  engine,
  tlsSans,
}: Pick<OldMachine, 'driver' | 'ssh' | 'engine' | 'tlsSans'>): string | undefined {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(driver)) return 'DriverName is not the name of a driver';
  if (!isHostAddress(ssh.host) || !isHostAddress(engine.host)) return 'its address is none';
  if (!isUserName(ssh.user)) return 'SSHUser is not the name of a user';
  if (![ssh.port, engine.port].every(isPort)) return 'one of its ports is none';
  return tlsSans.every(isHostAddress) ? undefined : 'ServerCertSANs has something else than names and addresses';
}

function addressOf(driver: string, own: Json): string | undefined {
  const isPrivate = own['UsePrivateIP'] === true || own['PrivateIPOnly'] === true;
  const address = driver === 'amazonec2' && isPrivate ? text(own['PrivateIPAddress']) : undefined;
  return address ?? text(own['IPAddress']) ?? text(own['SSHHost']);
}

/** Source: the drivers' GetSSHHostname; the virtualbox driver logs in by the port that NAT forwards. */
function whereIs(driver: string, own: Json, ip: string): Pick<OldMachine, 'ssh' | 'engine'> {
  const isForwarded = driver === 'virtualbox';
  const user = text(own['SSHUser']) ?? (isForwarded ? 'docker' : driver === 'amazonec2' ? 'ubuntu' : 'root');
  const ssh = { host: isForwarded ? '127.0.0.1' : ip, port: number(own['SSHPort']) ?? 22, user };
  return { ssh, engine: { host: ip, port: number(own['EnginePort']) ?? enginePort } };
}

/**
 * Where docker-machine put a copy; the store may have been copied itself, so the path in the record counts last. Only
 * files of the store: another one would be a key of the user, which the record of another person must not choose.
 */
async function keyOf(store: string, folder: string, own: Json): Promise<string | undefined> {
  const told = [text(own['SSHKeyPath']), text(own['SSHKey'])].filter((path) => path !== undefined);
  const candidates = [...told.map((path) => join(folder, basename(path))), join(folder, 'id_rsa'), ...told];
  for (const path of candidates)
    if ((await isIn(store, path)) && (await readIfThere(path))?.includes('PRIVATE KEY') === true) return path;
  return undefined;
}

/** Also by symbolic links. */
async function isIn(store: string, path: string): Promise<boolean> {
  const [folder, file] = await Promise.all([store, path].map((each) => realpath(each).catch(() => undefined)));
  return folder !== undefined && file?.startsWith(folder + sep) === true;
}

async function certificatesOf(store: string, folder: string): Promise<ReadonlyMap<string, string> | undefined> {
  for (const place of [folder, join(store, 'certs')]) {
    const texts = await Promise.all(certificateFiles.map((file) => readIfThere(join(place, file))));
    const found = certificateFiles.flatMap((file, i) => (texts[i] === undefined ? [] : [[file, texts[i]] as const]));
    if (found.length === certificateFiles.length) return new Map(found);
  }
  return undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

function halfMade(name: string, why: string): SwarmupError {
  return new SwarmupError('MACHINE_HALF_MADE', `docker-machine never finished the creation of ${name}: ${why}`, {
    host: name,
    hints: [`if the host is running, adopt it by its address: ${swarmup`create ${name}=USER@ADDRESS`}`],
  });
}

function broken(name: string, path: string, why: string): SwarmupError {
  return new SwarmupError('MACHINE_BROKEN', `the record of ${name} cannot be read: ${why} (${path})`, {
    host: name,
    hints: [`if the host is running, adopt it by its address: ${swarmup`create ${name}=USER@ADDRESS`}`],
  });
}
