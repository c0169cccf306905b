import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DoctorResult } from '../../src/operations/health/doctor.js';
import { type Cli, openCli } from './cli.js';
import { onHost } from './workload.js';

/** Things are broken for real on the hosts of one swarm, and each must be found where it is, and nothing else. */
describe('doctor', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('doctor');
    await cli.json(['create', 'manager', 'agent1', 'agent2']);
  });
  afterAll(() => cli.dispose());

  const examine = async (...args: string[]): Promise<{ result: DoctorResult; exitCode: number | undefined }> => {
    const { stdout, stderr, exitCode } = await cli.run(['doctor', '--json', ...args]);
    if (stdout === '') throw new Error(stderr);
    return { result: JSON.parse(stdout) as DoctorResult, exitCode };
  };
  /** `check host,host` of errors and warnings, without what this machine's kernel and the test network always give. */
  const found = ({ findings }: DoctorResult): string[] =>
    findings
      .filter(({ check, severity }) => severity !== 'info' && check !== 'kernel-ip_vs' && check !== 'path-mtu')
      .map(({ check, hosts }) => `${check} ${hosts.join(',')}`)
      .sort();

  it('finds nothing wrong with a healthy swarm, sends payload through it and leaves nothing behind', async () => {
    const { result, exitCode } = await examine();
    expect(found(result)).toEqual([]);
    expect(result).toMatchObject({ healthy: true, overlayTried: true, pairsTried: 6 });
    expect(exitCode).toBe(0);
    for (const host of result.hosts)
      expect(
        await onHost(cli, host, 'docker ps -aq; docker images -q; docker network ls -qf name=swarmup-doctor'),
      ).toBe('');
  });

  it('finds blocked ports, wrong clocks, twins, overlapping networks, low limits and old engines', async () => {
    await Promise.all([
      onHost(cli, 'manager', 'iptables -I INPUT -p tcp --dport 2377 --syn -j REJECT --reject-with tcp-reset'),
      onHost(
        cli,
        'agent1',
        `hostname agent2; cat /etc/machine-id > /root/id; echo 0123456789abcdef0123456789abcdef > /etc/machine-id
ip route add 10.0.0.0/24 dev eth0
printf '#!/bin/sh\\necho $(($(/bin/date +%%s) - 1800)).0\\n' > /usr/local/bin/date; chmod +x /usr/local/bin/date`,
      ),
      onHost(
        cli,
        'agent2',
        `cat /etc/machine-id > /root/id; echo 0123456789abcdef0123456789abcdef > /etc/machine-id
iptables -I INPUT -p udp --dport 4789 -j DROP
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\\nLimitNOFILE=1024\\n' > /etc/systemd/system/docker.service.d/99-test.conf; systemctl daemon-reload
echo 128 > /root/inotify; mount --bind /root/inotify /proc/sys/fs/inotify/max_user_instances
printf '#!/bin/sh\\necho Docker version 18.09.1, build 4c52b90\\n' > /usr/local/bin/dockerd; chmod +x /usr/local/bin/dockerd`,
      ),
    ]);
    const { result, exitCode } = await examine();
    expect(exitCode).toBe(6);
    expect(found(result)).toEqual([
      'cidr-overlap agent1', // the ingress network
      'cidr-overlap agent1', // the address pool
      'clock agent1',
      'engine-version agent1,agent2,manager',
      'hostname agent1,agent2',
      'inotify agent2',
      'machine-id agent1,agent2',
      'open-files agent2',
      'tcp-2377 manager',
      'udp-4789 agent2',
    ]);
    expect(result.findings.find(({ check }) => check === 'udp-4789')).toMatchObject({
      message: 'packets from agent1, manager to agent2 on 4789/udp do not arrive',
      fix: 'open 4789/udp on agent2 for agent1, manager',
    });
  });

  it('mends with --fix what is safe to mend, and with --dry-run only says so', async () => {
    const planned = await examine('--fix', '--dry-run', 'agent2');
    expect(planned.result.fixes).toEqual([{ host: 'agent2', fix: 'raise-inotify', status: 'would-fix' }]);
    expect(await onHost(cli, 'agent2', 'cat /proc/sys/fs/inotify/max_user_instances')).toBe('128');
    const { result } = await examine('--fix', 'agent2');
    expect(result.fixes).toEqual([{ host: 'agent2', fix: 'raise-inotify', status: 'fixed' }]);
    expect(await onHost(cli, 'agent2', 'cat /proc/sys/fs/inotify/max_user_instances')).toBe('1024');
  });

  it('finds a node that hears nothing, a stopped engine, a full disk, live-restore and a small path MTU', async () => {
    await Promise.all([
      onHost(cli, 'manager', 'iptables -D INPUT 1'),
      onHost(
        cli,
        'agent1',
        `hostname agent1; cat /root/id > /etc/machine-id; rm /usr/local/bin/date; ip route del 10.0.0.0/24 dev eth0
iptables -I INPUT -p udp --dport 7946 -j DROP; iptables -I INPUT -p tcp --dport 7946 -j DROP
ip link set eth0 mtu 1300`,
      ),
      onHost(
        cli,
        'agent2',
        `cat /root/id > /etc/machine-id; iptables -D INPUT 1; umount /proc/sys/fs/inotify/max_user_instances
rm /usr/local/bin/dockerd /etc/systemd/system/docker.service.d/99-test.conf; systemctl daemon-reload
systemctl stop docker.socket docker.service; mount -t tmpfs -o size=64m tmpfs /var/lib/docker
cp /etc/docker/daemon.json /root/daemon.json 2>/dev/null; echo '{ "live-restore": true }' > /etc/docker/daemon.json`,
      ),
    ]);
    const { result } = await examine();
    expect(found(result)).toEqual(
      expect.arrayContaining(['disk agent2', 'engine agent2', 'tcp-7946 agent1', 'udp-7946 agent1']),
    );
    const mtu = result.findings.find(({ check, message }) => check === 'path-mtu' && message.includes('1300'));
    expect(mtu).toMatchObject({
      hosts: expect.arrayContaining(['agent1']) as unknown,
      fix: 'make overlay networks with --mtu 1250',
    });
  });

  it('is run before a join: a blocked port is named at once, nothing half-made stays', async () => {
    await Promise.all([
      onHost(cli, 'manager', 'iptables -I INPUT -p tcp --dport 2377 --syn -j DROP'),
      onHost(
        cli,
        'agent2',
        `umount /var/lib/docker; rm /etc/docker/daemon.json; [ ! -e /root/daemon.json ] || mv /root/daemon.json /etc/docker/daemon.json
systemctl start docker.service`,
      ),
      onHost(cli, 'agent1', 'iptables -D INPUT 1; iptables -D INPUT 1; ip link set eth0 mtu 1400'),
    ]);
    const refused = await cli.run(['create', 'late', '--json']);
    expect(refused.exitCode).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: {
        code: 'TCP_2377',
        host: 'late',
        message: expect.stringContaining('late cannot reach manager on 2377/tcp') as unknown,
      },
    });
    await onHost(cli, 'manager', 'iptables -D INPUT 1');
    expect(await cli.json(['create', 'late'])).toMatchObject({ hosts: [{ name: 'late', status: 'resumed' }] });
    const { result } = await examine();
    expect(found(result)).toEqual([]);
  });

  // Filters on the hosts that get the packets. No card here computes wrong checksums: what that leads to is made (TCP
  // inside VXLAN never arrives), and the card gets the name of the one that is known for it. Whether it computes
  // checksums is real, and really turned off.
  it('finds what becomes of payload inside VXLAN, and has the kernel compute checksums', async () => {
    const install = 'apt-get -qq update && apt-get -qq install -y ethtool >/dev/null';
    const drop = (match: string): string => `iptables -I INPUT -p udp --dport 4789 ${match} -j DROP`;
    await Promise.all([
      onHost(cli, 'manager', drop("-m u32 --u32 '28&0xFF000000=0x08000000'")),
      onHost(
        cli,
        'agent1',
        `${install}
${drop("-m u32 --u32 '56&0xFF=6'")}
mkdir -p /run/net/eth0/device
for nic in /sys/devices/virtual/net/*; do [ "\${nic##*/}" = eth0 ] || ln -s "$nic" /run/net/; done
for file in /sys/devices/virtual/net/eth0/*; do ln -s "$file" /run/net/eth0/; done
ln -s /bus/pci/drivers/vmxnet3 /run/net/eth0/device/driver
mount --bind /run/net /sys/class/net`,
      ),
      onHost(cli, 'agent2', `${install}\n${drop('-m length --length 1000:')}`),
    ]);
    const offload = "ethtool -k eth0 | sed -n 's/.*tx-checksum-ip-generic: //p'";
    expect(await onHost(cli, 'agent1', offload)).toBe('on');
    const { result } = await examine('--fix', 'manager', 'agent1', 'agent2');
    const bothWays = [
      'overlay-mtu agent1,agent2',
      'overlay-tcp agent1,agent2',
      'vxlan agent1,manager',
      'vxlan agent2,manager',
    ];
    expect(found(result)).toEqual(['checksum-offload agent1', ...bothWays.flatMap((one) => [one, one])]);
    expect(result.fixes.map(({ host, fix, status }) => `${host} ${fix} ${status}`).sort()).toEqual([
      'agent1 checksum-offload fixed',
      'agent2 checksum-offload fixed',
    ]);
    expect(await onHost(cli, 'agent1', `${offload}; cat /etc/udev/rules.d/90-swarmup-checksum.rules`)).toMatch(
      /^off\nACTION=="add", .*ethtool -K eth0 tx-checksum-ip-generic off"$/,
    );
    for (const host of ['manager', 'agent1', 'agent2']) await onHost(cli, host, 'iptables -D INPUT 1');
    expect(found((await examine('agent1', 'agent2')).result)).toEqual([]);
  });
});
