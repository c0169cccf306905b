import { execa } from 'execa';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildCli, childCli, type Transcript } from '../support/child-cli.js';
import { startEc2 } from '../support/ec2/ec2-endpoint.js';
import { startRealSshd, whyNoSshd } from '../support/real-sshd.js';
import { hasQemuImg, installVBoxManage } from '../support/vboxmanage/install.js';
import { documentedCommands } from './documented-commands.js';

/**
 * The commands of the pages of drivers, run against what stands for AWS, VirtualBox and a host; what needs a guest runs
 * in an end-to-end test, which is named. A command that is new on a page fails here until it is decided.
 */
const root = join(import.meta.dirname, '..', '..');

let cli: ChildCli;
beforeAll(async () => {
  cli = await childCli();
  await mkdir(join(cli.home, '.ssh'));
}, 120_000);
afterAll(() => cli[Symbol.asyncDispose]());

/** What a page has typed, without its comments and what comes after it on the line. */
const typedOn = (page: string): readonly string[] =>
  documentedCommands()
    .typed.filter(({ at }) => at.startsWith(`docs/drivers/${page}.md`))
    .flatMap(({ lines }) => lines.map((line) => (line.split(/ +#| && /)[0] ?? '').trim()));

/** The flags of options that a page names. */
async function flagsOn(page: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'docs', 'drivers', `${page}.md`), 'utf8');
  return [...new Set(text.match(new RegExp(`--(?:no-)?${page}-[a-z-]*[a-z]`, 'g')) ?? [])];
}

type Env = Readonly<Record<string, string>>;

async function run(line: string, env: Env): Promise<Transcript> {
  return cli.run(line.replaceAll('~', cli.home).split(' '), env);
}

async function succeeds(line: string, env: Env): Promise<string> {
  const result = await run(line, env);
  expect(result, line).toMatchObject({ exitCode: 0 });
  return result.stdout + result.stderr;
}

/** A command of a page, and the end-to-end test that runs it or its like on a guest. */
type Elsewhere = Readonly<Record<string, readonly [file: string, text: string]>>;

async function isRunElsewhere(elsewhere: Elsewhere): Promise<void> {
  for (const [file, text] of Object.values(elsewhere))
    expect(await readFile(join(root, 'test', file), 'utf8'), file).toContain(text);
}

describe('the page of aws', { timeout: 240_000 }, () => {
  const create = 'create --driver aws --managers 3 m1 m2 m3 agent1 agent2';
  const typed = ['aws check', 'create --driver aws --dry-run manager agent1 agent2'];
  const elsewhere: Elsewhere = {
    [create]: ['e2e/driver-aws.test.ts', "'create'"],
    'rm --yes m1 m2 m3 agent1 agent2': ['e2e/driver-aws.test.ts', "'destroy', '--yes'"],
    'aws allow --revoke-old': ['e2e/driver-aws.test.ts', "['aws', 'allow', '--revoke-old']"],
    'aws allow 203.0.113.0/24 --swarm default': ['e2e/driver-aws.test.ts', "['aws', 'allow', '192.0.2.0/24']"],
  };
  const flags = [
    '--aws-tag KEY=VALUE --aws-allow-cidr 10.0.0.0/8 --aws-open-port 80 --aws-open-port 8000-8010@10.0.0.0/8',
    '--aws-open-port 53/udp --aws-address private --aws-protect --aws-iam-instance-profile web',
    '--aws-elastic-ip --aws-import-key ~/.ssh/id_ed25519 --aws-user-data ~/user-data',
    '--aws-instance-type t3.small,t3a.small --aws-open-port 80,443 --aws-zone a',
    '--aws-spot=0.01 --force --aws-spot-fallback',
  ];

  it('names commands and flags that do what it says', async () => {
    expect(typedOn('aws')).toEqual(expect.arrayContaining(typed));
    expect(typedOn('aws').filter((line) => !typed.includes(line) && !Object.hasOwn(elsewhere, line))).toEqual([]);
    await isRunElsewhere(elsewhere);
    await using ec2 = await startEc2();
    const credentials = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-east-1' };
    const env = { ...credentials, AWS_ENDPOINT_URL_EC2: ec2.url };
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7Q2n6m2cJm8y3mYp0m3l2s5m5n6o7p8q9r0s1t2u3v me\n';
    await writeFile(join(cli.home, '.ssh', 'id_ed25519.pub'), key);
    await writeFile(join(cli.home, 'user-data'), '#cloud-config\npackages: [jq]\n');

    expect(await succeeds('aws check', env)).toMatch(/ec2:RunInstances +yes/);
    expect(await succeeds(typed[1] ?? '', env)).toMatch(/together +\$0\.0827, or /);
    expect(await succeeds(`${create} --dry-run`, env)).toMatch(/m3 +would-create +manager/);
    expect(await succeeds('aws policy', env)).toContain('"Version": "2012-10-17"');
    expect(await succeeds('aws policy --pass-role arn:aws:iam::123456789012:role/web', env)).toContain('iam:PassRole');
    for (const orphans of ['', ' --all-regions', ' --delete --any-owner --yes'])
      expect(await succeeds(`aws orphans${orphans}`, env)).toContain('is on record here');
    for (const line of flags)
      expect(await succeeds(`create --driver aws --dry-run ${line} m1`, env)).toContain('would-create');
    // A manager on a spot instance, and what is not there, is refused.
    for (const [line, said] of [
      ['--aws-spot', 'a manager on a spot instance'],
      ['--aws-key-pair NAME', "The key pair 'NAME' does not exist"],
      ['--aws-security-group mine', "there is no security group 'mine'"],
      ['--aws-vpc-id vpc-1', 'vpc-1'],
      ['--aws-subnet-id subnet-1', 'subnet-1'],
    ] as const)
      expect((await run(`create --driver aws --dry-run ${line} m1`, env)).stderr, line).toContain(said);
    expect(ec2.leftovers()).toEqual([]);
    const tried = [...flags, '--aws-spot', '--aws-key-pair', '--aws-security-group', '--aws-vpc-id', '--aws-subnet-id'];
    expect((await flagsOn('aws')).filter((flag) => !tried.join(' ').includes(flag))).toEqual([]);
  });
});

describe.skipIf(!hasQemuImg)('the page of virtualbox', { timeout: 240_000 }, () => {
  const guests = 'e2e/virtualbox.test.ts';
  const emulated = 'e2e/virtualbox-vm.test.ts';
  const typed = [
    'create --driver virtualbox manager agent1 agent2',
    'create --virtualbox-image ubuntu-24.04 --virtualbox-memory 4096 --virtualbox-cpu-count 4 --no-swarm build',
    'create --virtualbox-image ./my.img m1',
    'image import debian-12-generic-amd64.qcow2 --name debian-12',
    'image ls',
  ];
  const digest = 'create --virtualbox-image https://example.com/my.qcow2 --virtualbox-image-digest sha256:… m1';
  const elsewhere: Elsewhere = {
    'stop agent1': [guests, "'stop'"],
    'start agent1': [guests, "'start'"],
    'snapshot save before-upgrade agent1': [emulated, "'snapshot', 'save'"],
    'rm agent1': [guests, "'rm'"],
    'image pull debian-13': ['drivers/virtualbox/images.test.ts', 'SWARMUP_IMAGE_MIRROR'],
  };
  const flags = [
    '--virtualbox-linked-clone --virtualbox-extra-disk 10000 --virtualbox-hostonly-cidr 192.168.60.1/24',
    '--virtualbox-port 8080:80 --virtualbox-share-folder ~:home --virtualbox-stop-timeout 90',
    '--no-virtualbox-power-off --virtualbox-folder ~/machines --virtualbox-cloud-config ~/user-data',
    '--virtualbox-ui-type gui',
  ];

  it('names commands and flags that do what it says', async () => {
    const known = [...typed, digest, ...Object.keys(elsewhere)];
    expect(typedOn('virtualbox').filter((line) => !known.includes(line))).toEqual([]);
    expect(typedOn('virtualbox')).toEqual(expect.arrayContaining([...typed, digest]));
    await isRunElsewhere(elsewhere);
    await using tool = await installVBoxManage();
    await writeFile(join(cli.home, 'user-data'), '#cloud-config\npackages: [jq]\n');
    for (const file of ['my.img', 'debian-12-generic-amd64.qcow2'])
      await execa('qemu-img', ['create', '-q', '-f', 'qcow2', join(cli.home, file), '64M']);
    const here = (line: string): string =>
      line.replace(/\.\/|(?=debian-12-generic)/, '~/').replace('…', 'a'.repeat(64));
    for (const line of [...typed, digest])
      await succeeds(here(line.startsWith('create') ? `${line} --dry-run` : line), tool.env);
    expect(await succeeds('image ls', tool.env)).toMatch(/^debian-12 /m);
    expect(await succeeds('driver ls', tool.env)).toMatch(/virtualbox +yes/);
    for (const line of flags) await succeeds(`create --dry-run --driver virtualbox ${line} m1`, tool.env);
    const tried = [...flags, ...typed, digest].join(' ');
    expect((await flagsOn('virtualbox')).filter((flag) => !tried.includes(flag))).toEqual([]);
    expect((await run('create --dry-run --virtualbox-port 8080:80 m1 m2', tool.env)).exitCode).toBe(2);
    const forbidden = await run('create --dry-run --virtualbox-hostonly-cidr 192.168.99.1/24 m1', tool.env);
    expect(forbidden.stderr).toContain('does not allow the range 192.168.99.0/24');
  });
});

describe.skipIf(whyNoSshd() !== undefined)('the page of generic', { timeout: 240_000 }, () => {
  /** As on the page, with the address of a host that there is. */
  const typed = (address: string, port: number, user: string): Readonly<Record<string, string>> => ({
    'create manager=10.0.0.1 agent1=ubuntu@10.0.0.2:8022 agent2=web3': `create manager=${user}@${address}:${port}`,
    'create --dry-run manager=10.0.0.1': 'create agent2=web3',
    'create --driver generic --generic-ip-address 10.0.0.1 --generic-ssh-user ops --no-swarm build':
      `create --driver generic --generic-ip-address ${address} --generic-ssh-user ${user} --generic-ssh-port ${port} ` +
      '--generic-ssh-key ~/.ssh/id_ed25519 --generic-engine-port 2377 --no-swarm build',
  });

  it('names commands and flags with which swarmup logs in and looks, and changes nothing', async () => {
    await using sshd = await startRealSshd();
    const { host, port, user, privateKey } = sshd.target;
    const lines = typed(host, port, user);
    expect([...typedOn('generic')].sort()).toEqual(Object.keys(lines).sort());
    await writeFile(join(cli.home, '.ssh', 'id_ed25519'), String(privateKey), { mode: 0o600 });
    const alias = `Host web3\n  HostName ${host}\n  Port ${port}\n  User ${user}\n`;
    await writeFile(join(cli.home, '.ssh', 'config'), alias);
    for (const line of Object.values(lines)) {
      const unknown = await run(`${line} --dry-run`, {});
      expect(unknown, line).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('is not known') as string });
      // It logs in; what it then says is about this computer, which may have no init system.
      const { exitCode, stdout, stderr } = await run(`${line} --dry-run --accept-new-host-key`, {});
      const said = `${line}\n${stdout}${stderr}`;
      expect(exitCode === 0 || /neither systemd nor OpenRC|in another swarm|live-restore/.test(stderr), said).toBe(
        true,
      );
      expect(await cli.store.names()).toEqual([]);
    }
    const tried = Object.values(lines).join(' ');
    expect((await flagsOn('generic')).filter((flag) => !tried.includes(flag))).toEqual([]);
  });
});
