import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { ProgressEvent } from '../../src/lib/progress-event.js';
import type { UpgradeResult } from '../../src/operations/upgrade/upgrade-hosts.js';
import type { SwarmUpgradeResult } from '../../src/operations/upgrade/upgrade-swarm.js';
import { type Cli, openCli, withJson } from './cli.js';
import { loadWorkload, onHost, serveProgram, startClient, workloadImage } from './workload.js';

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
 * Three managers and three workers that serve, and a client on one of the managers, which asks all the time by DNS round
 * robin. Their engines are upgraded for real: another package, another dockerd, restarted.
 */
describe('an upgrade', () => {
  const hosts = ['m1', 'm2', 'm3', 'w1', 'w2', 'w3'];
  let cli: Cli;
  let next: string;
  beforeAll(async () => {
    cli = await openCli('upgrade');
    await cli.json(['create', '--no-agent', '--managers', '3', ...hosts]);
    next = (await onHost(cli, 'm3', makeRepository)).split('\n').at(-1) ?? '';
    for (const host of hosts) {
      if (host !== 'm3')
        expect((await cli.run(['scp', '-q', '-r', 'm3:/srv/repository', `${host}:/srv/`])).exitCode).toBe(0);
      await onHost(cli, host, useRepository);
    }
    await loadWorkload(cli, hosts);
  });
  afterAll(() => cli.dispose());

  const onManager = (command: string): Promise<string> => onHost(cli, 'm1', command);
  const createService = (name: string, options: string, program: string): Promise<string> =>
    onManager(`docker service create -d --no-resolve-image --name ${name} ${options} ${workloadImage} ${program}`);
  /** Waits until each service has all its tasks, so many. */
  const replicas = (...counts: readonly string[]): Promise<unknown> =>
    waitFor({ timeoutMs: 120_000, what: 'the services to run', intervalMs: 500 }, async () => {
      const seen = (await onManager("docker service ls --format '{{.Name}} {{.Replicas}}'")).split('\n').sort().join();
      if (seen !== counts.join()) throw new Error(seen);
      return true;
    });

  /** The hosts that a run upgraded at once, in their order, by its events: those that began before one of them ended. */
  const batchesOf = (stderr: string): readonly (readonly string[])[] => {
    const events = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ProgressEvent);
    const batches: string[][] = [];
    let hasEnded = true;
    for (const event of events) {
      if (!('step' in event) || !event.step.endsWith('/upgrade')) continue;
      if (event.type === 'step-started') {
        // Which manager it is, its first detail tells.
        const said = events.find((other) => other.type === 'step-detail' && other.step === event.step);
        const host = event.host ?? (said?.type === 'step-detail' ? said.message.replace(/:.*/s, '') : '');
        batches.push([...(hasEnded ? [] : (batches.pop() ?? [])), host].sort());
      }
      if (event.type !== 'step-detail') hasEnded = event.type !== 'step-started';
    }
    return batches;
  };

  it('of one host changes its engine, and it is back in its swarm', async () => {
    const look = await cli.json<UpgradeResult>(['upgrade', '--dry-run', 'm3']);
    expect(look.hosts).toMatchObject([{ name: 'm3', status: 'would-upgrade' }]);
    expect(await onHost(cli, 'm3', 'dockerd --version')).not.toContain(next);
    const { hosts } = await cli.json<UpgradeResult>(['upgrade', '--engine-version', next, 'm3']);
    expect(hosts).toMatchObject([{ name: 'm3', status: 'upgraded', to: look.hosts[0]?.to }]);
    expect((await cli.run(['version', 'm3'])).stdout).toContain(next);
    expect((await cli.json<UpgradeResult>(['upgrade', 'm3'])).hosts).toMatchObject([{ status: 'unchanged' }]);
    const refused = await cli.run(['upgrade', '--engine-version', '99', 'm3', '--json']);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'ENGINE_VERSION_UNKNOWN', host: 'm3' } });
  });

  it('of a swarm under load loses no request', { timeout: 580_000 }, async () => {
    await onManager('docker network create -d overlay --attachable web >/dev/null');
    for (const role of ['manager', 'worker']) {
      const served = `--replicas 2 --network web --endpoint-mode dnsrr --constraint node.role==${role} --update-delay 7s`;
      await createService(`on-${role}s`, served, `busybox sh -c '${serveProgram}'`);
    }
    await createService('everywhere', '--mode global', 'busybox sleep 9999');
    await replicas('everywhere 6/6', 'on-managers 2/2', 'on-workers 2/2');
    const client = await startClient(cli, 'm3', 'web', 'on-managers', 'on-workers');

    const upgrade = ['swarm', 'upgrade', '--engine-version', next, '--max-unavailable', '2'];
    const planned = await cli.json<SwarmUpgradeResult>([...upgrade, '--dry-run']);
    const leader = await onManager(
      "docker node ls --filter role=manager --format '{{.Hostname}} {{.ManagerStatus}}' | sed -n 's/ Leader//p'",
    );
    const other = leader === 'm1' ? 'm2' : 'm1';
    expect(planned.hosts.map(({ name, status, step }) => [name, status, step])).toEqual(
      hosts.map((name) => {
        if (name === 'm3') return [name, 'unchanged', null];
        return [name, 'would-upgrade', { w1: 1, w2: 2, w3: 2, [other]: 3, [leader]: 4 }[name]];
      }),
    );
    expect(planned).toMatchObject({ ends: [{ service: 'everywhere' }] });

    // A service that may run on one of the hosts only has nowhere to go.
    await createService('pinned', '--constraint node.hostname==m2', 'busybox sleep 9999');
    await replicas('everywhere 6/6', 'on-managers 2/2', 'on-workers 2/2', 'pinned 1/1');
    const refused = await cli.run(['swarm', 'upgrade', '--json']);
    expect([refused.exitCode, JSON.parse(refused.stdout)]).toMatchObject([
      3,
      { error: { code: 'NO_CAPACITY', message: expect.stringContaining('pinned') as string } },
    ]);
    await onManager('docker service rm pinned');

    // Killed in the middle of the first node, and again: it goes on where it was.
    const killed = await cli.killAt(
      upgrade,
      (event) => event.type === 'step-detail' && event.message.startsWith('installing'),
    );
    expect(killed).toMatchObject({ host: 'w1' });
    const { exitCode, stdout, stderr } = await cli.run(withJson(upgrade));
    expect([exitCode, exitCode === 0 ? '' : stdout]).toEqual([0, '']);
    const result = JSON.parse(stdout) as SwarmUpgradeResult;
    expect(result.next).toEqual([]);
    expect(result.hosts.find(({ name }) => name === 'm3')).toMatchObject({ status: 'unchanged', step: null });
    // One worker alone, the others at once, the managers one by one and the one that leads last.
    expect(batchesOf(stderr)).toEqual([['w1'], ['w2', 'w3'], [other], [leader]]);

    const nodes = await onManager("docker node ls --format '{{.Hostname}} {{.EngineVersion}} {{.Availability}}'");
    expect(nodes.split('\n').sort()).toEqual(
      hosts.map((name) => expect.stringMatching(new RegExp(`^${name} ${next}\\S* Active$`)) as string),
    );
    const answers = await client.answers();
    expect(answers.filter((isRight) => !isRight)).toEqual([]);
    expect(answers.length).toBeGreaterThan(300);
    const spec = '{{.Spec.TaskTemplate.Placement.Constraints}} {{.Spec.UpdateConfig.Delay}}';
    expect(await onManager(`docker service inspect on-managers on-workers --format '${spec}'`)).toBe(
      '[node.role==manager] 7s\n[node.role==worker] 7s',
    );
    const again = await cli.json<SwarmUpgradeResult>(['swarm', 'upgrade']);
    expect(new Set(again.hosts.map(({ status }) => status))).toEqual(new Set(['unchanged']));
  });
});
