import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsAllowResult } from '../../src/drivers/aws/allow-command.js';
import type { AwsOrphansResult } from '../../src/drivers/aws/orphans-command.js';
import type { AwsCheckResult } from '../../src/drivers/aws/run-command.js';
import { waitFor } from '../../src/lib/abort.js';
import type { DrillResult } from '../../src/operations/lab/drill-lab.js';
import type { LabHostsResult } from '../../src/operations/lab/end-lab.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import type { CreateResult, HostRow, HostsResult, NodeListResult } from '../../src/operations/access/results.js';
import { type Ec2Endpoint, startEc2 } from '../support/ec2/ec2-endpoint.js';
import { type Cli, openCli } from './cli.js';
import { containerInstances } from './container-instances.js';
import { onHost } from './workload.js';

const secret = 'secret-of-the-caller';
const accountAt = ({ url }: Ec2Endpoint): Readonly<Record<string, string>> => ({
  SWARMUP_DRIVER: 'aws',
  AWS_ENDPOINT_URL_EC2: url,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_PROFILE: '',
  AWS_USERDATA: '',
});
const friendKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE1vdGhlcm9mYWxsa2V5c2lzbm90YWtleWF0YWxs friend';
const ownUserData = `#cloud-config
write_files:
  - {path: /etc/greeting, content: hello from user-data}
runcmd:
  - [sh, -c, 'echo ran > /etc/greeting.ran']
ssh_authorized_keys:
  - ${friendKey}
`;

/** The template of labs on AWS, with one manager and two workers that are named as `create` would have them. */
const ofThree = (userData: string): string => `extends: swarmup.yaml
name: default
defaults: { options: { aws: { user-data: ${userData} } } }
pools: { managers: { count: 1, names: manager }, workers: { count: 2, names: agent%d } }
`;

/** From credentials to a swarm and back to nothing: the unmodified SDK, the real protocol, hosts that are real. */
describe('aws driver, on instances that are real', { timeout: 600_000 }, () => {
  let cli: Cli;
  let ec2: Ec2Endpoint;
  let created: UpResult;
  let folder: string;
  const hosts = ['manager', 'agent1', 'agent2'];

  beforeAll(async () => {
    ec2 = await startEc2({ backend: containerInstances(() => cli.network) });
    folder = await mkdtemp(join(tmpdir(), 'swarmup-aws-lab-'));
    cli = await openCli('aws', accountAt(ec2), folder);
    await writeFile(join(folder, 'user-data'), ownUserData);
    expect((await cli.run(['init', 'aws'])).exitCode).toBe(0);
    await writeFile(join(folder, 'small.yaml'), ofThree(join(folder, 'user-data')));
    created = await cli.json<UpResult>(['up', '--file', 'small.yaml']);
  });
  afterAll(async () => {
    await cli.dispose();
    await ec2[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const instanceOf = (name: string) => {
    const made = [...ec2.world.instances.values()].filter((i) => i.tags['swarmup:machine'] === name);
    const found = made.filter(({ state }) => state !== 'terminated');
    expect(found).toMatchObject([{ tags: { Name: `swarmup-default-${name}` } }]);
    return found[0] ?? expect.fail();
  };
  const sshd = (name: string): Promise<string> => onHost(cli, name, 'cat /etc/ssh/ssh_host_*_key.pub');
  const isReady = async (name: string): Promise<true | undefined> => {
    const { nodes } = await cli.json<NodeListResult>(['node', 'ls']);
    return nodes.some((node) => node.name === name && node.state === 'ready') ? true : undefined;
  };

  it('makes a lab of three, in three zones, on private addresses; the next up leaves it alone', async () => {
    expect(created.outcomes.map(({ action, status }) => [action, status])).toEqual(Array(3).fill(['create', 'done']));
    expect(created.nodes.map(({ name, state }) => [name, state])).toEqual(hosts.map((name) => [name, 'ready']));
    expect(new Set(hosts.map((name) => instanceOf(name).subnet.zone)).size).toBe(3);
    expect(created.nodes.map(({ address }) => address)).toEqual(hosts.map((name) => instanceOf(name).privateIp));
    const urls = await Promise.all(hosts.map(async (name) => (await cli.run(['url', name])).stdout));
    expect(urls).toEqual(hosts.map((name) => `tcp://${instanceOf(name).publicIp ?? ''}:2376`));
    // 22, 2376, four for the swarm, encrypted overlays, path MTU.
    expect([...ec2.world.groups.values()].map(({ rules }) => rules.filter(({ egress }) => !egress).length)).toEqual([
      8,
    ]);
    expect((await cli.json<UpResult>(['up', '--file', 'small.yaml'])).outcomes).toEqual([]);
  });

  it('by cloud-init, which ran the user-data of both, and gave the hosts their names', async () => {
    expect(await onHost(cli, 'agent1', 'echo "$(cat /etc/greeting) $(hostname)"')).toBe('hello from user-data agent1');
    await waitFor({ timeoutMs: 60_000, what: 'runcmd', intervalMs: 1_000 }, async () =>
      (await onHost(cli, 'agent1', 'cat /etc/greeting.ran 2>/dev/null || true')) === 'ran' ? true : undefined,
    );
    const keys = await onHost(cli, 'agent1', 'cat /home/ubuntu/.ssh/authorized_keys');
    expect(keys).toContain(friendKey);
    expect(keys.match(/^ssh-ed25519 .* swarmup agent1$/gm)).toHaveLength(1);
  });

  it('whose host keys are not those of the user-data any more, and the only ones', async () => {
    const keys = await Promise.all(hosts.map(sshd));
    expect(new Set(keys).size).toBe(3);
    for (const [i, key] of keys.entries()) {
      expect(key.split('\n')).toHaveLength(1);
      const given = Buffer.from(instanceOf(hosts[i] ?? '').userData ?? '', 'base64').toString();
      expect(given).toContain('ed25519_public');
      expect(given).not.toContain(key.split(' ')[1]);
    }
  });

  it('lists them with one call', async () => {
    ec2.calls.length = 0;
    const listed = await cli.json<{ hosts: HostRow[] }>(['ls', '--timeout', '60']);
    expect(listed.hosts.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    expect(ec2.calls.map(({ action }) => action)).toEqual(['DescribeInstances']);
    ec2.calls.length = 0;
    await onHost(cli, 'agent1', 'true');
    expect(ec2.calls).toEqual([]);
  });

  it('takes over the new address of a host that was stopped; its key stays', async () => {
    const [before, key] = [instanceOf('agent1'), await sshd('agent1')];
    const { publicIp, privateIp } = { ...before };
    ec2.calls.length = 0;
    await cli.json<HostsResult>(['stop', 'agent1', 'agent2']);
    expect(instanceOf('agent1')).toMatchObject({ state: 'stopped', publicIp: undefined });
    await cli.json<HostsResult>(['start', 'agent1', 'agent2']);
    expect([ec2.count('StopInstances'), ec2.count('StartInstances')]).toEqual([1, 1]);
    const after = instanceOf('agent1');
    expect(after).toMatchObject({ id: before.id, state: 'running', privateIp });
    expect(after.publicIp).not.toBe(publicIp);
    expect((await cli.run(['ip', 'agent1'])).stdout).toBe(after.publicIp);
    expect(await sshd('agent1')).toBe(key);
    await waitFor({ timeoutMs: 300_000, what: 'agent1 to be Ready', intervalMs: 1_000 }, () => isReady('agent1'));
  });

  /** The double's hosts share this machine's disk: the victim gets a small one of its own for the data of its engine. */
  it('survives a disk that is full, which is not filled for good', async () => {
    const data = '/var/lib/docker';
    await onHost(
      cli,
      'agent2',
      `sudo sh -ec 'systemctl stop docker.socket docker; mkdir /run/small; mount -t tmpfs -o size=64m small /run/small;
       cp -a ${data}/. /run/small; mount --bind /run/small ${data}; systemctl start docker'`,
    );
    await writeFile(join(folder, 'open.yaml'), 'extends: small.yaml\nprotect: false\n');
    const drill = cli.start(['drill', 'full-disk', '--host', 'agent2', '--file', 'open.yaml', '--json']);
    let seen = '';
    for await (const line of createInterface({ input: drill.stderr }))
      if (seen === '' && line.includes('tasks run'))
        seen = await onHost(
          cli,
          'agent2',
          `sudo sh -c 'df --output=avail ${data} | tail -n 1; echo x > ${data}/x || echo full'`,
        );
    expect(seen).toMatch(/^ *0\nfull$/);
    const { stdout, exitCode } = await drill.done;
    expect(exitCode).toBe(0);
    const report = JSON.parse(stdout) as DrillResult;
    expect(report).toMatchObject({ drill: 'full-disk', victims: ['agent2'] });
    expect(report.recoveredMs).not.toBeNull();
    const free = await onHost(
      cli,
      'agent2',
      `sudo sh -c 'df -B1M --output=avail ${data} | tail -n 1; ls ${data} | grep -c drill; true'`,
    );
    expect(free).toMatch(/^ *[1-9]\d\n0$/);
  });

  it('finishes one host, and no second one, when it was killed while it replaced the host key', async () => {
    const hit = await cli.killAt(
      ['create', 'agent3'],
      (event) => event.type === 'step-detail' && event.message.includes('replace the host key'),
    );
    expect(hit).toBeDefined();
    const { id } = instanceOf('agent3');
    const again = await cli.json<CreateResult>(['create', 'agent3']);
    expect(again.hosts.map(({ status }) => status)).not.toContain('failed');
    expect(instanceOf('agent3').id).toBe(id);
    const given = Buffer.from(instanceOf('agent3').userData ?? '', 'base64').toString();
    expect(given).not.toContain((await sshd('agent3')).split(' ')[1]);
  });

  it('tells beforehand what it may do, and what it would cost', async () => {
    const { permissions } = await cli.json<AwsCheckResult>(['aws', 'check']);
    expect(permissions.filter(({ allowed }) => allowed === false)).toEqual([]);
    expect(await cli.json<{ Version: string }>(['aws', 'policy'])).toMatchObject({ Version: '2012-10-17' });
    const { stdout } = await cli.run(['create', '--dry-run', 'agent4', 'agent5']);
    expect(stdout).toMatch(/2 × t3\.small in us-east-1 .*\$0\.0416/);
    expect(stdout).toMatch(/prices of \d{4}-\d{2}-\d{2}/);
    const spot = await cli.run(['create', '--dry-run', '--aws-spot=0.01', 'agent4']);
    expect(spot.stdout).toMatch(/1 × t3\.small, spot in us-east-1 .*\$0\.0062/);
    const plan = await cli.run(['plan']);
    expect(plan.stdout).toMatch(/3 × t3\.small in us-east-1 .*\$0\.0624\n/);
    expect(plan.stdout).toMatch(
      /^6 create {2}across 6 hosts; about [\dms. ]+, the time that the last .* by aws took$/m,
    );
  });

  it('makes nothing when EC2 would refuse it', async () => {
    ec2.calls.length = 0;
    ec2.fault({ action: 'RunInstances', code: 'UnauthorizedOperation', dryRun: true });
    const refused = await cli.run(['create', 'agent4', '--json']);
    expect(refused.exitCode).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'AWS_PERMISSION', exitCode: 3 } });
    expect(
      ec2.calls.filter(({ query, code }) => query.flag('DryRun') !== true && code === undefined),
    ).not.toContainEqual(expect.objectContaining({ action: expect.not.stringMatching(/^Describe/) as string }));
    expect((await cli.json<{ hosts: HostRow[] }>(['ls'])).hosts.map(({ name }) => name)).not.toContain('agent4');
  });

  it('lets other networks in, for whoever has moved', async () => {
    const { groups } = await cli.json<AwsAllowResult>(['aws', 'allow', '192.0.2.0/24']);
    expect(groups).toMatchObject([
      { cluster: 'default', opened: ['22 from 192.0.2.0/24', '2376 from 192.0.2.0/24'], closed: [] },
    ]);
    const back = await cli.json<AwsAllowResult>(['aws', 'allow', '--revoke-old']);
    expect(back.groups).toMatchObject([{ opened: [], closed: ['22 from 192.0.2.0/24', '2376 from 192.0.2.0/24'] }]);
  });

  it('stores no credential', async () => {
    const entries = await readdir(cli.home, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(10);
    const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8')));
    expect(texts.filter((text) => text.includes(secret) || text.includes('AKIATEST'))).toEqual([]);
  });

  it('finds and ends what no record knows any more', async () => {
    await rm(join(cli.home, 'swarms', 'default', 'hosts', 'agent3'), { recursive: true });
    const found = await cli.json<AwsOrphansResult>(['aws', 'orphans', '--all-regions']);
    expect(found.orphans.map(({ type, machine, mine, deleted }) => [type, machine, mine, deleted])).toEqual([
      ['instance', 'agent3', true, false],
    ]);
    const ended = await cli.json<AwsOrphansResult>(['aws', 'orphans', '--delete', '--yes']);
    expect(ended.orphans.map(({ deleted }) => deleted)).toEqual([true]);
    expect(await cli.json<AwsOrphansResult>(['aws', 'orphans'])).toEqual({ orphans: [], others: 0 });
  });

  it('leaves nothing when the lab is destroyed, which its protection does not allow', async () => {
    expect((await cli.run(['destroy', '--yes', '--file', 'small.yaml'])).exitCode).toBe(3);
    const removed = await cli.json<LabHostsResult>(['destroy', '--yes', '--file', 'open.yaml']);
    expect(removed.hosts.map(({ status }) => status)).toEqual(['removed', 'removed', 'removed']);
    expect(ec2.leftovers()).toEqual([]);
    expect(ec2.calls.filter(({ code }) => code === 'IdempotentParameterMismatch')).toEqual([]);
  });
});

describe('aws driver, killed at a call that EC2 then does', { timeout: 300_000 }, () => {
  it.each(['CreateSecurityGroup', 'AuthorizeSecurityGroupIngress', 'RunInstances', 'AllocateAddress'])(
    '%s: rm finds what there is',
    async (action) => {
      await using ec2 = await startEc2();
      const cli = await openCli('ec2-kills', accountAt(ec2));
      try {
        const command = cli.start(['create', '--no-swarm', '--aws-elastic-ip', 'one']);
        const meanwhile = (): void => {
          command.kill();
        };
        ec2.fault({ action, dryRun: false, when: 'after', drop: true, meanwhile });
        expect((await command.done).exitCode).toBeUndefined();
        expect(ec2.leftovers()).not.toEqual([]);
        await cli.json<HostsResult>(['rm', '--yes', 'one']);
        expect(ec2.leftovers()).toEqual([]);
      } finally {
        await cli.dispose();
      }
    },
  );
});
