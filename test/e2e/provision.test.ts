import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { onHost } from './workload.js';

describe('provisioning', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('provision');
    const flags = [
      '--engine-label=zone=a',
      '--engine-insecure-registry=registry.invalid:5000',
      '--engine-opt=log-level=warn',
      '--engine-opt=log-opt=max-size=10m',
      '--engine-storage-driver=overlay2',
      '--engine-env=HTTPS_PROXY=http://user:p$w@proxy.invalid:3128',
      '--tls-san=engine.invalid',
    ];
    const env = { ENGINE_REGISTRY_MIRROR: 'https://mirror.invalid' };
    const words = ['create', '--no-swarm', '--docker-image-variant', 'bare', ...flags, 'default', '--json'];
    const { exitCode, stdout, stderr } = await cli.run(words, { env });
    expect([exitCode, stderr]).toEqual([0, expect.any(String)]);
    expect((JSON.parse(stdout) as CreateResult).hosts).toMatchObject([{ name: 'default', status: 'created' }]);
  });
  afterAll(async () => {
    await cli.dispose();
  });

  const startedAt = (host: string): Promise<string> =>
    onHost(cli, host, 'systemctl show -p ActiveEnterTimestampMonotonic docker.service');
  const statusOf = ({ hosts }: HostsResult): unknown => hosts.map(({ name, status }) => [name, status]);

  it("brings docker-machine's engine flags into the engine", async () => {
    const info = JSON.parse(await onHost(cli, 'default', "docker info --format '{{json .}}'")) as {
      Labels: string[];
      Driver: string;
      HttpsProxy: string;
      RegistryConfig: { InsecureRegistryCIDRs: string[]; IndexConfigs: Record<string, unknown>; Mirrors: string[] };
    };
    expect(info).toMatchObject({ Labels: ['zone=a'], Driver: 'overlay2' });
    expect(info.HttpsProxy).toContain('proxy.invalid:3128');
    expect(info.RegistryConfig.IndexConfigs).toHaveProperty(['registry.invalid:5000']);
    expect(info.RegistryConfig.Mirrors).toEqual(['https://mirror.invalid/']);
    expect(await onHost(cli, 'default', 'cat /etc/docker/daemon.json')).toContain('"log-level": "warn"');
    expect(await onHost(cli, 'default', 'tr "\\0" "\\n" </proc/$(cat /var/run/docker.pid)/environ')).toContain(
      'HTTPS_PROXY=http://user:p$w@proxy.invalid:3128',
    );
    expect(await onHost(cli, 'default', "stat -c '%a %U' /etc/docker/swarmup.env")).toBe('600 root');
  });

  it('changes nothing and restarts nothing where all is as it should be', async () => {
    const before = await startedAt('default');
    expect(statusOf(await cli.json<HostsResult>(['provision']))).toEqual([['default', 'unchanged']]);
    expect(await startedAt('default')).toBe(before);
  });

  it('changes the settings of a host that is there: what is named, and only what swarmup wrote', async () => {
    await onHost(cli, 'default', `sed -i 's/^{/{ "max-concurrent-uploads": 2,/' /etc/docker/daemon.json`);
    const words = [
      '--engine-env=HTTPS_PROXY=http://other.invalid:3128',
      '--engine-opt=log-level=error',
      '--engine-label=zone=b',
    ];
    expect(statusOf(await cli.json<HostsResult>(['provision', ...words, 'default']))).toEqual([
      ['default', 'provisioned'],
    ]);
    const said = await onHost(cli, 'default', "docker info --format '{{.HTTPSProxy}} {{.Labels}} {{.Driver}}'");
    expect(said).toContain('other.invalid:3128 [zone=b] overlay2');
    expect(JSON.parse(await onHost(cli, 'default', 'cat /etc/docker/daemon.json'))).toMatchObject({
      ...{ 'log-level': 'error', 'log-opts': { 'max-size': '10m' }, 'max-concurrent-uploads': 2 },
    });
    expect(statusOf(await cli.json<HostsResult>(['provision']))).toEqual([['default', 'unchanged']]);
  });

  it('repairs what was changed by hand, after a dry run that does not', async () => {
    await onHost(cli, 'default', 'rm /etc/docker/daemon.json && systemctl disable --quiet docker.service');
    expect(statusOf(await cli.json<HostsResult>(['provision', '--dry-run']))).toEqual([['default', 'would-check']]);
    expect(statusOf(await cli.json<HostsResult>(['provision', 'default']))).toEqual([['default', 'provisioned']]);
    expect(await onHost(cli, 'default', "docker info --format '{{.Labels}}'")).toBe('[zone=b]');
    expect(await onHost(cli, 'default', 'systemctl is-enabled docker.service')).toBe('enabled');
  });

  it('tells the versions of swarmup and of an engine, and the flags of a docker client', async () => {
    expect((await cli.run(['version'])).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    const { stdout } = await cli.run(['version', 'default']);
    expect(stdout.trim()).toBe(await onHost(cli, 'default', "docker version --format '{{.Server.Version}}'"));
    const config = await cli.run(['config']);
    expect(config.stdout.split('\n')[0]).toBe('--tlsverify');
    expect(config.stdout).toMatch(/--tlscacert=".*\/hosts\/default\/docker\/ca\.pem"\n.*\n.*\n-H=tcp:\/\/[\d.]+:2376$/);
  });
});
