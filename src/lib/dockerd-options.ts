/** An option of dockerd's command line as daemon.json has it. */
export interface DockerdOption {
  readonly type: 'string' | 'boolean' | 'number' | 'list' | 'map' | 'boolean-map' | 'object-list';
  /** Key in daemon.json where it is not the option's own name: most lists have the plural there. */
  readonly key?: string;
  /** Says what is wrong with a value that dockerd would refuse at its start. */
  readonly check?: (value: string) => string | undefined;
}

const all = (type: DockerdOption['type'], names: string): Readonly<Record<string, DockerdOption>> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, { type }]));

/** Lists whose key is the plural of the option. */
const plural = (names: string): Readonly<Record<string, DockerdOption>> =>
  Object.fromEntries(names.split(/\s+/).map((name) => [name, { type: 'list', key: `${name}s` }]));

/** Options of dockerd 20.10 to 28 that daemon.json knows (docs.docker.com/reference/cli/dockerd). */
export const dockerdOptions: Readonly<Record<string, DockerdOption>> = {
  ...all(
    'boolean',
    `debug experimental icc init ip-forward ip-masq iptables ip6tables ipv6 live-restore no-new-privileges raw-logs
    selinux-enabled userland-proxy bridge-accept-fwmark`,
  ),
  ...all(
    'number',
    `cpu-rt-period cpu-rt-runtime max-concurrent-downloads max-concurrent-uploads max-download-attempts mtu
    network-control-plane-mtu shutdown-timeout`,
  ),
  ...all(
    'string',
    `bip bridge cgroup-parent containerd containerd-namespace containerd-plugins-namespace data-root
    default-cgroupns-mode default-gateway default-gateway-v6 default-ipc-mode default-runtime
    default-shm-size exec-root fixed-cidr fixed-cidr-v6 group host-gateway-ip init-path ip log-driver log-format
    metrics-addr pidfile seccomp-profile swarm-default-advertise-addr userland-proxy-path userns-remap`,
  ),
  'log-level': {
    type: 'string',
    check: (value) =>
      ['debug', 'info', 'warn', 'error', 'fatal'].includes(value)
        ? undefined
        : 'the levels are debug, info, warn, error and fatal',
  },
  // its name before Docker 17.05
  graph: { type: 'string', key: 'data-root' },
  'storage-driver': {
    type: 'string',
    check: (value) =>
      /^[a-z0-9][a-z0-9.-]*$/.test(value) ? undefined : 'a storage driver is a word, for example overlay2',
  },
  'default-address-pool': { type: 'object-list', key: 'default-address-pools' },
  ...all('list', 'dns dns-search'),
  ...plural('dns-opt exec-opt storage-opt authorization-plugin node-generic-resource cdi-spec-dir'),
  'allow-nondistributable-artifacts': { type: 'list' },
  label: {
    type: 'list',
    key: 'labels',
    check: (value) => (/^[^=\s]+=/.test(value) ? undefined : 'a label is KEY=VALUE'),
  },
  'insecure-registry': {
    type: 'list',
    key: 'insecure-registries',
    check: (value) =>
      /^[\w.:[\]-]+(\/\d{1,3})?$/.test(value)
        ? undefined
        : 'a registry is HOST, HOST:PORT or a subnet, without http://',
  },
  'registry-mirror': { type: 'list', key: 'registry-mirrors', check: checkMirror },
  'log-opt': { type: 'map', key: 'log-opts' },
  feature: { type: 'boolean-map', key: 'features' },
};

/** Options that are not the user's to set in this way, and why. */
export const reservedOptions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['tls', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey', 'host', 'H'].map((name) => [
      name,
      'swarmup itself sets the addresses that the engine listens on; --no-tls keeps port 2376 closed',
    ]),
  ),
  'config-file': 'swarmup keeps the settings in /etc/docker/daemon.json',
  validate: 'the engine would end after this option',
};

/** As dockerd's registry/config.go: a mirror is a base URL without anything behind the host but a slash. */
function checkMirror(value: string): string | undefined {
  if (!URL.canParse(value)) return 'a mirror is a URL, for example https://mirror.example.com';
  const { protocol, pathname, search, hash, username } = new URL(value);
  if (!['http:', 'https:'].includes(protocol)) return 'a mirror begins with https:// or http://';
  if (username !== '') return 'dockerd does not accept a user in the URL of a mirror';
  return pathname === '/' && search === '' && hash === ''
    ? undefined
    : 'dockerd does not accept a path in the URL of a mirror';
}
