import { parseFacts } from '../../src/bootstrap/parse-facts.js';
import type { HostFacts } from '../../src/bootstrap/host-facts.js';

/** `systemctl cat docker.service` of Debian's docker.io, shortened. */
export const debianUnit = `# /lib/systemd/system/docker.service
[Unit]
Description=Docker Application Container Engine
Requires=docker.socket

[Service]
Type=notify
EnvironmentFile=-/etc/default/docker
ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS
ExecReload=/bin/kill -s HUP $MAINPID

[Install]
WantedBy=multi-user.target
`;

const prefixed = (key: string, text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `${key}=${line}`)
    .join('\n');

export interface FactsTextOptions {
  readonly os?: string;
  /** undefined: no engine. */
  readonly unit?: string | undefined;
  readonly engineVersion?: string;
  readonly init?: string;
  readonly cloudInit?: string;
  readonly appArmor?: string;
  readonly daemonJson?: string;
  readonly serverCert?: string;
  readonly extra?: string;
}

const bookworm = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`;

/** What the facts script prints on a Debian host (recorded), with changes. */
export function factsText(options: FactsTextOptions = {}): string {
  const { unit = debianUnit, engineVersion = '20.10.24+dfsg1' } = options;
  const engine = `dockerd=/usr/sbin/dockerd
dockerd-version=Docker version ${engineVersion}, build 5d6db84
${prefixed('unit', unit)}

running=yes`;
  return `Welcome to this host!
swarmup-facts=1
uid=0
${prefixed('os', options.os ?? bookworm)}

arch=x86_64
kernel=6.1.0-28-amd64
hostname=agent1
machine-id=76ce071725694387a03fb90585f128d5
init=${options.init ?? 'systemd'}
address=1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
address=1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
address=2: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\\       valid_lft forever preferred_lft forever
address=7: eth0    inet 10.219.7.11/24 brd 10.219.7.255 scope global eth0\\       valid_lft forever preferred_lft forever
address=7: eth0    inet6 2001:db8::11/64 scope global \\       valid_lft forever preferred_lft forever
address=7: eth0    inet6 2001:db8::e1d3/64 scope global temporary dynamic \\       valid_lft 604sec preferred_lft 4sec
address=7: eth0    inet6 fe80::42:aff:fedb:70b/64 scope link \\       valid_lft forever preferred_lft forever

route4=default via 10.219.7.1 dev eth0${' '}
route4=10.219.7.0/24 dev eth0 proto kernel scope link src 10.219.7.11${' '}
route4=unreachable 10.40.0.0/16${' '}
route4=10.50.1.2 via 10.219.7.1 dev eth0${' '}
route4=172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown${' '}

mtu=docker0 1500
mtu=eth0 1400
mtu=lo 65536
nameserver=10.219.7.1
nameserver=2001:db8::53

disk=overlay          264212084 24004700  82386212      23% /

memory=24684092 kB
ipvs=no
apparmor=${options.appArmor ?? ''}
cloud-init=${options.cloudInit ?? 'absent'}
${'unit' in options && options.unit === undefined ? '' : engine}
${options.daemonJson === undefined ? '' : `daemon-json=\n${prefixed('daemon-json', options.daemonJson)}`}
${options.serverCert === undefined ? '' : prefixed('server-cert', options.serverCert)}
${options.extra ?? ''}
clock=1795256413.911473695
end=1
`;
}

export const factsOf = (options: FactsTextOptions = {}): HostFacts => parseFacts(factsText(options), 1_795_256_413_900);

/** A host without Docker. */
export const bare = { unit: undefined } as const;
