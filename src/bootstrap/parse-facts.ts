import type { HostFacts, InterfaceAddress, NetworkInterface, OsRelease } from './host-facts.js';

/** The output is not that of the facts script; the message has the reason. */
export class FactsFormatError extends Error {}

/** Reads the output of the facts script. `nowMs`: the time when its answer arrived. Errors: FactsFormatError. */
export function parseFacts(output: string, nowMs: number): HostFacts {
  const values = new FactLines(output);
  const interfaces = parseInterfaces(values.list('mtu'), values.list('address'));
  const epochMs = Math.round(Number(/^\d+(\.\d+)?/.exec(values.one('clock'))?.[0] ?? values.fail('clock')) * 1000);
  return {
    os: parseOsRelease(values.list('os')),
    arch: values.one('arch'),
    kernel: values.one('kernel'),
    hostname: values.one('hostname'),
    machineId: values.optional('machine-id'),
    init: values.oneOf('init', ['systemd', 'openrc', 'none']),
    uid: values.number('uid'),
    engine: parseEngine(values),
    daemonJson: values.text('daemon-json'),
    daemonJsonBefore: values.text('daemon-json-before'),
    serverCertPem: values.text('server-cert'),
    interfaces,
    defaultRoute: defaultRoute([...values.list('route4'), ...values.list('default6')], interfaces),
    routes: values.list('route4').flatMap(routeNetwork),
    nameservers: values.list('nameserver').map((line) => line.trim()),
    clock: { epochMs, skewMs: epochMs - nowMs },
    freeDiskMiB: kibibytes(values.one('disk').split(/\s+/)[3] ?? '', values),
    memoryMiB: kibibytes(values.one('memory').replace(/ kB$/, ''), values),
    ipvs: values.oneOf('ipvs', ['yes', 'no']) === 'yes',
    appArmor: values.optional('apparmor') === 'Y',
    cloudInit: values.oneOf('cloud-init', ['absent', 'running', 'done']),
  };
}

/** The lines between the two marks, by key. */
class FactLines {
  readonly #byKey = new Map<string, string[]>();

  constructor(output: string) {
    const lines = output.split(/\r?\n/);
    const begin = lines.indexOf('swarmup-facts=1');
    const end = lines.lastIndexOf('end=1');
    if (begin < 0 || end < begin) throw new FactsFormatError('the answer is not complete');
    for (const line of lines.slice(begin + 1, end)) {
      if (line === '') continue;
      const [, key, value] = /^([a-z0-9-]+)=(.*)$/.exec(line) ?? [];
      if (key === undefined || value === undefined) throw new FactsFormatError(`unexpected line '${line}'`);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), value]);
    }
  }

  /** All lines of a key that are not empty. */
  list(key: string): readonly string[] {
    return (this.#byKey.get(key) ?? []).filter((line) => line !== '');
  }

  /** A text with its line breaks; undefined if the key is missing. */
  text(key: string): string | undefined {
    const lines = this.#byKey.get(key);
    return lines === undefined ? undefined : `${lines.join('\n').trim()}\n`;
  }

  optional(key: string): string | undefined {
    return this.list(key)[0];
  }

  one(key: string): string {
    return this.optional(key) ?? this.fail(key);
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    return choices.find((choice) => choice === this.one(key)) ?? this.fail(key);
  }

  number(key: string): number {
    return /^\d+$/.test(this.one(key)) ? Number(this.one(key)) : this.fail(key);
  }

  fail(key: string): never {
    throw new FactsFormatError(`'${key}' is ${this.optional(key) === undefined ? 'missing' : 'not as expected'}`);
  }
}

function parseOsRelease(lines: readonly string[]): OsRelease {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, key, raw] = /^\s*([A-Z0-9_]+)=(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && raw !== undefined) fields.set(key, unquote(raw));
  }
  // os-release(5): without ID it is "linux".
  const id = fields.get('ID') ?? 'linux';
  return {
    id: id.toLowerCase(),
    idLike: (fields.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/).filter(Boolean),
    versionId: fields.get('VERSION_ID'),
    variantId: fields.get('VARIANT_ID'),
    codename: fields.get('VERSION_CODENAME'),
    parentCodename: fields.get('UBUNTU_CODENAME') ?? fields.get('DEBIAN_CODENAME'),
    prettyName: fields.get('PRETTY_NAME') ?? fields.get('NAME') ?? id,
  };
}

function unquote(raw: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(raw)?.[2];
  return (quoted ?? raw).replace(/\\(["'$`\\])/g, '$1');
}

function parseEngine(values: FactLines): HostFacts['engine'] {
  const path = values.optional('dockerd');
  if (path === undefined) return undefined;
  const version = versionIn(values.one('dockerd-version')) ?? values.fail('dockerd-version');
  return {
    path,
    version,
    running: values.oneOf('running', ['yes', 'no']) === 'yes',
    unit: nonBlank(values.text('unit')),
  };
}

const nonBlank = (text: string | undefined): string | undefined => (text?.trim() === '' ? undefined : text);

/** `Docker version 20.10.24+dfsg1, build 5d6db84` */
const versionIn = (line: string | undefined): string | undefined => /\bversion v?(\d[^\s,]*)/.exec(line ?? '')?.[1];

function kibibytes(text: string, values: FactLines): number {
  return /^\d+$/.test(text) ? Math.floor(Number(text) / 1024) : values.fail('disk or memory');
}

/** From `eth0 1500` lines of /sys and `2: eth0    inet 10.0.0.2/24 … scope global eth0` lines of `ip -o addr`. */
function parseInterfaces(mtus: readonly string[], addresses: readonly string[]): readonly NetworkInterface[] {
  const found = new Map<string, InterfaceAddress[]>();
  for (const line of addresses) {
    const [, name, family, address, prefix, rest] =
      /^\d+: +([^\s@]+)\S* +inet(6?) +([0-9a-f.:]+)(?: peer [0-9a-f.:]+)?(?:\/(\d+))?(.*)$/.exec(line) ?? [];
    // busybox's ip prints the links between the addresses
    if (name === undefined || address === undefined) continue;
    const bits = family === '6' ? '128' : '32';
    found.set(name, [
      ...(found.get(name) ?? []),
      {
        family: family === '6' ? 6 : 4,
        address,
        cidr: `${address}/${line.includes(' peer ') ? bits : (prefix ?? bits)}`,
        temporary: /\b(temporary|tentative|deprecated|dadfailed)\b/.test(rest ?? ''),
      },
    ]);
  }
  return mtus.map((line) => {
    const [name = '', mtu] = line.split(' ');
    return { name, mtu: Number(mtu), addresses: found.get(name) ?? [] };
  });
}

function defaultRoute(routes: readonly string[], interfaces: readonly NetworkInterface[]): HostFacts['defaultRoute'] {
  const device = routes
    .filter((line) => line.startsWith('default '))
    .map((line) => / dev (\S+)/.exec(line)?.[1])
    .find((name) => name !== undefined);
  const found = interfaces.find(({ name }) => name === device);
  return found === undefined ? undefined : { interface: found.name, mtu: found.mtu };
}

/** `10.0.0.0/24 dev eth0 …`, `10.9.8.7 via …` (one host), `unreachable 10.0.0.0/8 …`. */
function routeNetwork(line: string): readonly string[] {
  const [, address, prefix] = /^(?:[a-z]+ )?(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?(?= |$)/.exec(line) ?? [];
  return address === undefined ? [] : [`${address}/${prefix ?? '32'}`];
}
