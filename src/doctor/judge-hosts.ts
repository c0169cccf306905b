import type { HostFacts } from '../bootstrap/host-facts.js';
import { swarmup } from '../lib/typed-command.js';
import type { Finding } from './finding.js';
import type { HostCheckup } from './host-checkup.js';

/** All that was seen of one host. */
export interface ExaminedHost {
  readonly name: string;
  readonly facts: HostFacts;
  readonly checkup: HostCheckup;
  /** The address at which the swarm reaches the host; null: the host is not in a swarm yet. */
  readonly advertiseAddr: string | null;
  readonly inSwarm: boolean;
}

const secondMs = 1000;
/** Certificates of a new node are refused when clocks differ by half an hour (swarm.md); logs and TLS suffer before. */
const limits = {
  clockErrorMs: 300 * secondMs,
  clockWarningMs: 5 * secondMs,
  diskErrorMiB: 1024,
  diskWarningMiB: 3072,
  inotifyInstances: 256,
  engineOpenFiles: 65_536,
} as const;

type Known = Pick<ExaminedHost, 'name' | 'facts'>;

/** The problems of hosts in comparison with each other: clocks, names, versions. Pure. */
export function judgeTogether(hosts: readonly Known[]): readonly Finding[] {
  return [
    ...judgeClocks(hosts),
    ...judgeTwins(hosts, 'hostname', ({ facts }) => facts.hostname),
    ...judgeTwins(hosts, 'machine-id', ({ facts }) => facts.machineId),
    ...judgeVersions(hosts),
  ];
}

/** The problems of single hosts, and of hosts in comparison with each other. Pure. */
export function judgeHosts(hosts: readonly ExaminedHost[]): readonly Finding[] {
  return [
    ...judgeTogether(hosts),
    ...hosts.flatMap((host) => [
      ...judgeEngine(host),
      ...judgeKernel(host),
      ...judgeLimits(host),
      ...judgePorts(host),
      ...judgeCard(host),
      ...judgeAddress(host),
    ]),
  ];
}

/** Compared with each other: the clock of this machine may be the wrong one. */
function judgeClocks(hosts: readonly Known[]): readonly Finding[] {
  const sorted = hosts.map(({ facts }) => facts.clock.skewMs).sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return hosts.flatMap(({ name, facts }) => {
    const skewMs = facts.clock.skewMs - middle;
    if (Math.abs(skewMs) < limits.clockWarningMs || hosts.length < 2) return [];
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    return {
      check: 'clock',
      severity: Math.abs(skewMs) < limits.clockErrorMs ? 'warning' : 'error',
      hosts: [name],
      message: `the clock of the host is ${Math.round(Math.abs(skewMs) / secondMs)} s ${direction} the others`,
      cause: 'a node refuses certificates that, according to its clock, are not valid yet or have expired',
      fix: swarmup`ssh ${name} -- timedatectl set-ntp true`,
      fixable: 'sync-clock',
    };
  });
}

const twinTexts = {
  hostname: {
    cause: 'the swarm lists two nodes with the same name, so commands that use the name are ambiguous',
    fix: 'run hostnamectl set-hostname NAME on all but one host, then restart the engines there',
  },
  'machine-id': {
    cause: 'the hosts are clones of one image, so DHCP may give them the same address',
    fix: 'on all but one host, run rm /etc/machine-id && systemd-machine-id-setup, then reboot',
  },
} as const;

function judgeTwins(
  hosts: readonly Known[],
  check: keyof typeof twinTexts,
  valueOf: (host: Known) => string | undefined,
): readonly Finding[] {
  const values = [...new Set(hosts.map(valueOf))].filter((value) => value !== undefined && value !== '');
  return values.flatMap((value) => {
    const twins = hosts.filter((host) => valueOf(host) === value).map(({ name }) => name);
    const severity = check === 'hostname' ? 'error' : 'warning';
    const message = `the hosts have the same ${check} (${String(value)})`;
    return twins.length < 2 ? [] : { check, severity, hosts: twins, message, ...twinTexts[check] };
  });
}

function judgeVersions(hosts: readonly Known[]): readonly Finding[] {
  const majors = hosts.flatMap(({ facts }) => /^\d+/.exec(facts.engine?.version ?? '')?.[0] ?? []);
  if (new Set(majors).size < 2) return [];
  const all = hosts.map(({ name, facts }) => `${name} ${facts.engine?.version ?? 'none'}`).join(', ');
  return [
    {
      check: 'engine-version',
      severity: 'warning',
      hosts: hosts.map(({ name }) => name),
      message: `the engines have different major versions (${all})`,
      cause: 'a swarm supports different versions only during an upgrade',
      fix: 'upgrade the older engines, workers first',
    },
  ];
}

function judgeEngine({ name, facts, inSwarm }: ExaminedHost): readonly Finding[] {
  if (facts.engine?.running === false)
    return [
      {
        check: 'engine',
        severity: 'error',
        hosts: [name],
        message: 'Docker Engine is not running on the host',
        cause: 'the engine was stopped or failed to start',
        fix: `${swarmup`ssh ${name} -- systemctl start docker`}, or look: ${swarmup`ssh ${name} -- journalctl -u docker -n 20`}`,
      },
    ];
  if (!/"live-restore"\s*:\s*true/.test(facts.daemonJson ?? '')) return [];
  return [
    {
      check: 'live-restore',
      severity: 'error',
      hosts: [name],
      message: 'the daemon.json of the host sets live-restore',
      cause: `Docker does not allow live-restore in swarm mode${inSwarm ? ': the engine will not start again' : ''}`,
      fix: `remove "live-restore" from /etc/docker/daemon.json of ${name}`,
    },
  ];
}

const modulesText = {
  vxlan: ['error', 'overlay networks cannot be made', 'boot a kernel with VXLAN (CONFIG_VXLAN)'],
  overlay: ['warning', 'the engine uses a slower storage driver', 'boot a kernel with overlayfs'],
  br_netfilter: ['warning', 'published ports of local containers may be unreachable', 'modprobe br_netfilter'],
  ip_vs: [
    'warning',
    'service VIPs and the routing mesh do not work on this host',
    'use endpoint_mode: dnsrr and host ports (mode=host), or boot a kernel with IPVS',
  ],
} as const;

function judgeKernel({ name, checkup, facts }: ExaminedHost): readonly Finding[] {
  return Object.entries(modulesText).flatMap(([module, [severity, cause, fix]]) => {
    const state = checkup.modules[module as keyof typeof modulesText];
    if (state !== 'missing' || (module === 'ip_vs' && facts.ipvs)) return [];
    const message = `the kernel ${facts.kernel} of the host has no ${module === 'ip_vs' ? 'IPVS' : module}`;
    return { check: `kernel-${module}`, severity, hosts: [name], message, cause, fix };
  });
}

function judgeLimits({ name, facts, checkup }: ExaminedHost): readonly Finding[] {
  const findings: Finding[] = [];
  const disk = Math.min(facts.freeDiskMiB, checkup.dockerDiskMiB ?? facts.freeDiskMiB);
  if (disk < limits.diskWarningMiB)
    findings.push({
      check: 'disk',
      severity: disk < limits.diskErrorMiB ? 'error' : 'warning',
      hosts: [name],
      message: `only ${disk} MiB are free for Docker`,
      cause: 'images cannot be pulled, and a manager that cannot write its Raft log stops',
      fix: `${swarmup`ssh ${name} -- docker system prune`}, or give it a larger disk`,
    });
  const { inotifyInstances, engineOpenFiles } = checkup;
  if (inotifyInstances !== undefined && inotifyInstances < limits.inotifyInstances)
    findings.push({
      check: 'inotify',
      severity: 'warning',
      hosts: [name],
      message: `fs.inotify.max_user_instances is ${inotifyInstances}`,
      cause: 'if many containers watch files, they fail with "too many open files"',
      fix: 'sysctl -w fs.inotify.max_user_instances=1024',
      fixable: 'raise-inotify',
    });
  if (engineOpenFiles !== undefined && engineOpenFiles < limits.engineOpenFiles)
    findings.push({
      check: 'open-files',
      severity: 'warning',
      hosts: [name],
      message: `the engine may open only ${engineOpenFiles} files`,
      cause: 'each container and each connection of the engine needs open files',
      fix: 'set LimitNOFILE=1048576 in a drop-in of docker.service (systemctl edit docker), then restart the engine',
    });
  return findings;
}

/** Before a host joins, the ports must be free; afterwards its engine has them. */
function judgePorts({ name, checkup, inSwarm }: ExaminedHost): readonly Finding[] {
  if (inSwarm) return [];
  return [...checkup.listeners].map(([port, program]) => ({
    check: 'port-taken',
    severity: 'error',
    hosts: [name],
    message: `${program} listens on ${port}`,
    cause: 'the swarm needs this port',
    fix: `stop ${program} on ${name}, or move it to another port`,
  }));
}

/** VMware's card miscomputes checksums inside VXLAN on the port that Docker uses: pings pass, TCP does not. */
function judgeCard({ name, checkup }: ExaminedHost): readonly Finding[] {
  if (checkup.nicDriver !== 'vmxnet3' || checkup.txChecksum === false) return [];
  return [
    {
      check: 'checksum-offload',
      severity: 'warning',
      hosts: [name],
      message: `the network card of the host (vmxnet3) computes the checksums of outgoing packets${checkup.txChecksum === undefined ? ' (this cannot be confirmed because ethtool is missing)' : ''}`,
      cause:
        'many versions of the card compute wrong checksums inside VXLAN: pings pass between containers, but TCP does not',
      fix: `ethtool -K ${checkup.nicName ?? 'eth0'} tx-checksum-ip-generic off`,
      fixable: 'checksum-offload',
    },
  ];
}

function judgeAddress({ name, facts, advertiseAddr }: ExaminedHost): readonly Finding[] {
  const own = facts.interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  if (advertiseAddr === null || own.includes(advertiseAddr)) return [];
  return [
    {
      check: 'advertise-address',
      severity: 'warning',
      hosts: [name],
      message: `the node advertises ${advertiseAddr}, which is not an address of its interfaces`,
      cause:
        'the address has changed, or it is a public address in front of a NAT, so other nodes may not reach the host',
      fix: `${swarmup`rm ${name}`}, then create it again, where it may get a new address`,
    },
  ];
}
