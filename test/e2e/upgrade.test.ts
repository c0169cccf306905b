import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { UpgradeResult } from '../../src/operations/hosts/upgrade-hosts.js';
import type { SwarmUpgradeResult } from '../../src/operations/swarm/upgrade-swarm.js';
import { type Cli, openCli } from './cli.js';
import { httpGet, loadWorkload, onHost, workloadImage } from './workload.js';

/** The package of the engine again, of a higher version that its dockerd says too, in a repository of files on the host. */
const makeRepository = `set -e
mkdir -p /srv/repository /tmp/repack
cd /tmp/repack
apt-get -qq update
apt-get -qq download docker.io
dpkg-deb -R docker.io*.deb package
old=$(sed -n 's/^Version: //p' package/DEBIAN/control)
now=$(dockerd --version | sed 's/.*version \\([^,+]*\\).*/\\1/')
next=$(echo "$now" | sed 's/.$/9/')
sed -i "s/^Version: .*/Version: $(echo "$old" | sed "s/$now/$next/")/" package/DEBIAN/control
sed -i "s/$now/$next/g" package/usr/sbin/dockerd
dpkg-deb -Znone -b package /srv/repository/docker.io.deb
cd /srv/repository
{ sed '/^$/d' /tmp/repack/package/DEBIAN/control
  echo 'Filename: ./docker.io.deb'
  echo "Size: $(stat -c %s docker.io.deb)"
  echo "SHA256: $(sha256sum docker.io.deb | cut -d' ' -f1)"; } >Packages
rm -r /tmp/repack
echo "$next"`;
const useRepository = "echo 'deb [trusted=yes] file:/srv/repository ./' >/etc/apt/sources.list.d/newer.list";

/**
 * Three managers that serve, and a client on a fourth host, which asks all the time by DNS round robin. Their engines
 * are upgraded for real: another package, another dockerd, restarted.
 */
describe('an upgrade', () => {
  const managers = ['m1', 'm2', 'm3'];
  let cli: Cli;
  let next: string;
  beforeAll(async () => {
    cli = await openCli('upgrade');
    await cli.json(['create', '--no-agent', '--managers', '3', ...managers, 'client']);
    next = (await onHost(cli, 'client', makeRepository)).split('\n').at(-1) ?? '';
    for (const host of managers)
      expect((await cli.run(['scp', '-q', '-r', 'client:/srv/repository', `${host}:/srv/`])).exitCode).toBe(0);
    for (const host of [...managers, 'client']) await onHost(cli, host, useRepository);
    await loadWorkload(cli, [...managers, 'client']);
  });
  afterAll(() => cli.dispose());

  const versions = async (): Promise<readonly string[]> => {
    const text = await onHost(
      cli,
      'm1',
      "docker node ls --format '{{.Hostname}} {{.EngineVersion}} {{.Availability}}'",
    );
    return text.split('\n').sort();
  };

  it('of one host changes its engine, and it is back in its swarm', async () => {
    const look = await cli.json<UpgradeResult>(['upgrade', '--dry-run', 'client']);
    expect(look.hosts).toMatchObject([{ name: 'client', status: 'would-upgrade' }]);
    expect(await onHost(cli, 'client', 'dockerd --version')).not.toContain(next);
    const { hosts } = await cli.json<UpgradeResult>(['upgrade', '--engine-version', next, 'client']);
    expect(hosts).toMatchObject([{ name: 'client', status: 'upgraded', to: look.hosts[0]?.to }]);
    expect((await cli.run(['version', 'client'])).stdout).toContain(next);
    expect((await cli.json<UpgradeResult>(['upgrade', 'client'])).hosts).toMatchObject([{ status: 'unchanged' }]);
    const refused = await cli.run(['upgrade', '--engine-version', '99', 'client', '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'ENGINE_VERSION_UNKNOWN', host: 'client' } });
  });

  it('of a swarm under load loses no request', { timeout: 580_000 }, async () => {
    await onHost(cli, 'm1', 'docker network create -d overlay --attachable web >/dev/null');
    // It ends the requests it has before it ends itself, as a service must that is to be moved without a gap.
    const serve = 'trap "sleep 3; exit 0" TERM; echo ok > /index.html; busybox httpd -f -p 8080 -h / & wait';
    await onHost(
      cli,
      'm1',
      `docker service create -d --no-resolve-image --name web --replicas 2 --network web --endpoint-mode dnsrr ` +
        `--constraint node.role==manager --update-delay 7s ${workloadImage} busybox sh -c '${serve}'`,
    );
    await onHost(
      cli,
      'm1',
      `docker service create -d --no-resolve-image --name everywhere --mode global ${workloadImage} busybox sleep 9999`,
    );
    await waitFor({ timeoutMs: 120_000, what: 'the service to run', intervalMs: 500 }, async () =>
      (await onHost(cli, 'm1', "docker service ls --format '{{.Replicas}}'")).split('\n').sort().join() === '2/2,4/4'
        ? true
        : undefined,
    );
    const ask = `while :; do if [ "$(bash -c '${httpGet('web', 8080, '/index.html')}' 2>/dev/null)" = ok ]; then echo ok; else echo failed; fi; busybox sleep 0.02; done`;
    await onHost(cli, 'client', `echo '${Buffer.from(ask).toString('base64')}' | base64 -d > /root/ask.sh`);
    await onHost(
      cli,
      'client',
      `docker run -d --name client --network web -v /root/ask.sh:/ask.sh ${workloadImage} bash /ask.sh`,
    );
    const planned = await cli.json<SwarmUpgradeResult>(['swarm', 'upgrade', '--engine-version', next, '--dry-run']);
    expect(
      planned.hosts
        .filter(({ status }) => status === 'would-upgrade')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(managers);
    expect(planned).toMatchObject({ ends: [{ service: 'everywhere' }] });
    const leader = await onHost(
      cli,
      'm1',
      "docker node ls --filter role=manager --format '{{.Hostname}} {{.ManagerStatus}}' | sed -n 's/ Leader//p'",
    );
    expect(planned.hosts.find(({ name }) => name === leader)).toMatchObject({ step: 3 });

    // A service that may run on one of the hosts only has nowhere to go.
    await onHost(
      cli,
      'm1',
      `docker service create -d --no-resolve-image --name pinned --constraint node.hostname==m2 ${workloadImage} busybox sleep 9999`,
    );
    await waitFor({ timeoutMs: 60_000, what: 'the pinned service to run', intervalMs: 500 }, async () =>
      (await onHost(cli, 'm1', "docker service ls --filter name=pinned --format '{{.Replicas}}'")) === '1/1'
        ? true
        : undefined,
    );
    const refused = await cli.run(['swarm', 'upgrade', '--json']);
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toMatchObject([
      3,
      { error: { code: 'NO_CAPACITY', message: expect.stringContaining('pinned') as string } },
    ]);
    await onHost(cli, 'm1', 'docker service rm pinned');

    // Killed in the middle of the first node, and again: it goes on where it was.
    await cli.killAt(
      ['swarm', 'upgrade', '--engine-version', next],
      (event) => event.type === 'step-detail' && event.message.startsWith('installing'),
    );
    const result = await cli.json<SwarmUpgradeResult>(['swarm', 'upgrade', '--engine-version', next]);
    expect(result.next).toEqual([]);
    expect(result.hosts.find(({ name }) => name === 'client')).toMatchObject({ status: 'unchanged', step: null });

    expect(await versions()).toEqual(
      ['client', ...managers].map(
        (name) => expect.stringMatching(new RegExp(`^${name} ${next}\\S* Active$`)) as string,
      ),
    );
    const lines = (await onHost(cli, 'client', 'docker logs client')).split('\n');
    expect(lines.filter((line) => line !== 'ok')).toEqual([]);
    expect(lines.length).toBeGreaterThan(300);
    expect(
      await onHost(
        cli,
        'm1',
        "docker service inspect web --format '{{.Spec.TaskTemplate.Placement.Constraints}} {{.Spec.UpdateConfig.Delay}}'",
      ),
    ).toBe('[node.role==manager] 7s');
    const again = await cli.json<SwarmUpgradeResult>(['swarm', 'upgrade']);
    expect(new Set(again.hosts.map(({ status }) => status))).toEqual(new Set(['unchanged']));
  });
});
