import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeployResult } from '../../src/operations/services/deploy-stack.js';
import type { ServiceLogsResult } from '../../src/operations/services/service-logs.js';
import type {
  ServiceListResult,
  ServiceOutcome,
  ServicesResult,
  TaskListResult,
} from '../../src/operations/services/service-results.js';
import type { StackListResult, StackRemoveResult } from '../../src/operations/services/stacks.js';
import { processRunner } from '../../src/lib/local-process.js';
import { type Cli, openCli, withJson } from './cli.js';
import { loadWorkload, onHost, workloadImage } from './workload.js';

const hosts = ['manager', 'w1'];
const sleep = 'trap exit TERM; while :; do busybox sleep 0.2; done';

const ofBoth = `
services:
  app:
    image: \${IMAGE}
    command: busybox sh -c "${sleep}"
    env_file: app.env
    environment: [C=3, B=4]
    labels: [z=1, a=2]
    cap_add: [net_admin]
    ulimits: { nofile: { soft: 1000, hard: 2000 } }
    volumes: ["data:/data:nocopy", { type: tmpfs, target: /scratch, tmpfs: { size: 1000000 } }]
    configs: [{ source: text, target: /text, mode: 0400 }]
    secrets: [text]
    networks: { front: { aliases: [x] }, back: }
    restart: on-failure:3
    stop_grace_period: 1s
    healthcheck: { test: [CMD, busybox, "true"], interval: 1s }
    deploy:
      replicas: 2
      endpoint_mode: dnsrr
      labels: [traefik.enable=true]
      update_config: { order: start-first }
      placement: { preferences: [{ spread: node.labels.zone }] }
      resources: { limits: { memory: 100M }, reservations: { cpus: "0.01" } }
volumes: { data: { labels: { l: 1 } } }
configs: { text: { file: ./text } }
secrets: { text: { file: ./text } }
networks: { front: , back: { attachable: true } }
`;

describe('the commands for services and stacks, on a real swarm', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('services');
    await cli.json(['create', '--no-agent', ...hosts]);
    await loadWorkload(cli, hosts);
  });
  afterAll(() => cli.dispose());

  const onManager = (command: string): Promise<string> => onHost(cli, 'manager', command);
  const create = (name: string, program: string, ...options: readonly string[]): string[] => {
    const shared = ['--endpoint-mode', 'dnsrr', '--update-monitor', '1s', '--restart-delay', '200ms'];
    return [
      'service',
      'create',
      '--name',
      name,
      ...shared,
      ...options,
      workloadImage,
      '--',
      'busybox',
      'sh',
      '-c',
      program,
    ];
  };
  /** A command that succeeds; what became of its one service. */
  const changed = async (args: readonly string[]): Promise<ServiceOutcome | undefined> =>
    (await cli.json<ServicesResult>(args)).services[0];
  /** A command that ends with the exit code; what became of its one service. */
  const failed = async (args: readonly string[], exitCode: number): Promise<ServiceOutcome | undefined> => {
    const result = await cli.run(withJson(args));
    expect([result.exitCode, result.stderr.includes('BUG')]).toEqual([exitCode, false]);
    return (JSON.parse(result.stdout) as ServicesResult).services[0];
  };
  const refused = async (args: readonly string[]): Promise<unknown> => {
    const result = await cli.run(withJson(args));
    expect(result.exitCode).toBe(2);
    return (JSON.parse(result.stdout) as { error: unknown }).error;
  };
  const format = (service: string, template: string): Promise<string> =>
    onManager(`docker service inspect ${service} --format '${template}'`);

  it('make a service, and say so when its tasks run', async () => {
    const program = `echo hello from $HOSTNAME; ${sleep}`;
    expect(await changed(create('web', program, '--replicas', '2', '--env', 'COLOUR=red'))).toMatchObject({
      change: 'created',
      state: 'converged',
      running: 2,
      wanted: 2,
      failures: [],
    });
    const { services } = await cli.json<ServiceListResult>(['service', 'ls']);
    expect(services).toMatchObject([{ name: 'web', mode: 'replicated', running: 2, wanted: 2, image: workloadImage }]);
    const { tasks } = await cli.json<TaskListResult>(['service', 'ps', 'web']);
    expect(tasks.map(({ name, state }) => [name, state])).toEqual([
      ['web.1', 'running'],
      ['web.2', 'running'],
    ]);
    expect(new Set(tasks.map(({ node }) => node))).toEqual(new Set(hosts));
    expect((await cli.json<TaskListResult>(['node', 'ps', 'w1'])).tasks).toEqual(
      tasks.filter(({ node }) => node === 'w1'),
    );
    expect((await cli.json<TaskListResult>(['node', 'ps'])).tasks.map(({ name }) => name)).toEqual(['web.1', 'web.2']);
    expect(await refused(['node', 'ps', 'w2'])).toMatchObject({ code: 'NODE_UNKNOWN' });
    const { lines } = await cli.json<ServiceLogsResult>(['service', 'logs', 'web']);
    expect(lines.map(({ task, node, line }) => [task, node, line.replace(/ from .*/, '')]).sort()).toEqual(
      tasks.map(({ name, node }) => [name, node, 'hello']).sort(),
    );
  });

  it('refuse what cannot be meant', async () => {
    expect(await refused(create('web', sleep))).toMatchObject({ code: 'SERVICE_EXISTS' });
    expect(await refused(['service', 'scale', 'wbe=3'])).toMatchObject({
      code: 'SERVICE_UNKNOWN',
      hints: ['did you mean web?'],
    });
    expect(await refused(['service', 'update', 'web', '--limit-memory', 'much'])).toMatchObject({
      code: 'VALUE_INVALID',
    });
  });

  it('scale, update and roll back', async () => {
    const before = await format('web', '{{.Version.Index}}');
    expect(await changed(['service', 'scale', 'web=3', '--dry-run'])).toMatchObject({ state: 'planned' });
    expect(await format('web', '{{.Version.Index}}')).toBe(before);
    expect(await changed(['service', 'scale', 'web=3'])).toMatchObject({
      change: 'scaled',
      state: 'converged',
      running: 3,
    });
    const update = ['service', 'update', 'web', '--env-add', 'COLOUR=blue', '--update-parallelism', '0'];
    expect(await changed(update)).toMatchObject({ change: 'updated', state: 'converged', running: 3 });
    expect(await format('web', '{{.Spec.TaskTemplate.ContainerSpec.Env}}')).toBe('[COLOUR=blue]');
    expect(await changed(['service', 'rollback', 'web'])).toMatchObject({ change: 'rolled-back', state: 'converged' });
    expect(await format('web', '{{.Spec.TaskTemplate.ContainerSpec.Env}}')).toBe('[COLOUR=red]');
  });

  it('tell of a crash loop which task fails, where and why', async () => {
    const outcome = await failed(create('looping', 'echo boom; exit 7', '--constraint', 'node.hostname==w1'), 6);
    expect(outcome).toMatchObject({ state: 'failed', reason: 'crash-loop', running: 0, wanted: 1 });
    expect(outcome?.failures[0]).toMatchObject({ task: 'looping.1', node: 'w1', exitCode: 7, log: ['boom'] });
    const shown = await cli.run(['service', 'ps', 'looping']);
    expect(shown.stdout).toMatch(/looping\.1 .*w1.*non-zero exit \(7\)/);
    expect(await changed(['service', 'rm', '--yes', 'looping'])).toMatchObject({ state: 'removed' });
  });

  it('tell of an update that fails, whether it is paused or rolled back', async () => {
    const bad = ['--arg', 'busybox', '--arg', 'sh', '--arg', '-c', '--arg', 'echo broken; exit 3'];
    const update = ['service', 'update', 'web', ...bad, '--update-failure-action'];
    const paused = await failed([...update, 'pause'], 6);
    expect(paused).toMatchObject({ state: 'failed', reason: 'update-paused' });
    expect(paused?.failures[0]).toMatchObject({ exitCode: 3, log: ['broken'] });
    expect(await changed(['service', 'rollback', 'web'])).toMatchObject({ state: 'converged', running: 3 });
    const rolledBack = await failed([...update, 'rollback'], 6);
    expect(rolledBack).toMatchObject({ state: 'failed', reason: 'rolled-back', running: 3, wanted: 3 });
    expect(rolledBack?.message).toContain('the update failed and was rolled back');
    expect(await format('web', '{{.Spec.TaskTemplate.ContainerSpec.Env}}')).toBe('[COLOUR=red]');
  });

  it('tell that a service has no node to run on', async () => {
    const args = create('homeless', sleep, '--constraint', 'node.labels.none==1');
    expect(await failed([...args.slice(0, 2), '--timeout', '3', ...args.slice(2)], 124)).toMatchObject({
      state: 'timed-out',
      message: expect.stringContaining('no suitable node') as unknown,
    });
    expect((await cli.json<ServicesResult>(['service', 'rm', '--yes', 'homeless', 'web'])).services).toMatchObject([
      { service: 'homeless', state: 'removed' },
      { service: 'web', state: 'removed' },
    ]);
  });

  describe('stack', () => {
    const compose = (service = ''): string => `
services:
  app:
    image: \${IMAGE:?the image}
    command: [busybox, sh, -c, "cat /motd /run/secrets/word; busybox hostname; ${sleep}"]
    hostname: \${NAME:-nobody}
    configs: [{ source: motd, target: /motd }]
    secrets: [word]
    networks: [back]
    deploy:
      replicas: \${COUNT}
      endpoint_mode: dnsrr
      update_config: { monitor: 1s }
${service}
configs:
  motd: { file: ./motd }
secrets:
  word: { environment: WORD }
networks:
  back: { driver: overlay }
`;
    let file: string;
    beforeAll(async () => {
      const folder = join(cli.home, 'shop');
      await mkdir(folder);
      file = join(folder, 'compose.yaml');
      await writeFile(file, compose());
      await writeFile(join(folder, 'motd'), 'welcome\n');
    });
    const variables = { IMAGE: workloadImage, COUNT: '2' };
    const refusedStack = async (): Promise<unknown> => {
      const result = await cli.run(['stack', 'deploy', '-c', file, 'shop', '--json'], { env: variables });
      expect(result.exitCode).toBe(2);
      return (JSON.parse(result.stdout) as { error: unknown }).error;
    };
    const deploy = async (...more: readonly string[]): Promise<DeployResult> => {
      const args = ['stack', 'deploy', '-c', file, 'shop', ...more, '--json'];
      const { stdout, stderr, exitCode } = await cli.run(args, { env: { ...variables, WORD: 'abracadabra' } });
      if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
      return JSON.parse(stdout) as DeployResult;
    };

    it('deploy reads the file first, and changes nothing for what it cannot mean', async () => {
      await writeFile(file, compose('      replica: 3\n'));
      expect(await refusedStack()).toMatchObject({
        code: 'COMPOSE_INVALID',
        message: expect.stringMatching(/compose\.yaml:\d+:\d+: .*replica: .*did you mean replicas\?/) as unknown,
      });
      await writeFile(file, compose());
      // Its secret is in a variable, which is not set here.
      expect(await refusedStack()).toMatchObject({ code: 'VARIABLE_MISSING' });
      expect(await deploy('--dry-run')).toMatchObject({ services: [{ change: 'created', state: 'planned' }] });
      expect(await onManager('docker config ls -q; docker secret ls -q; docker service ls -q')).toBe('');
      expect((await cli.json<StackListResult>(['stack', 'ls'])).stacks).toEqual([]);
    });

    it('deploy makes networks, configs, secrets and services, with variables filled in', async () => {
      const result = await deploy();
      expect([...result.made].sort()).toEqual(['config shop_motd', 'network shop_back', 'secret shop_word']);
      expect(result.services).toMatchObject([
        { service: 'shop_app', change: 'created', state: 'converged', running: 2 },
      ]);
      const { lines } = await cli.json<ServiceLogsResult>(['service', 'logs', 'shop_app']);
      expect(new Set(lines.map(({ line }) => line))).toEqual(new Set(['welcome', 'abracadabranobody']));
      expect((await cli.json<StackListResult>(['stack', 'ls'])).stacks).toEqual([{ name: 'shop', services: 1 }]);
      const { services } = await cli.json<ServiceListResult>(['stack', 'services', 'shop']);
      expect(services).toMatchObject([{ name: 'shop_app', running: 2, wanted: 2 }]);
      const { tasks } = await cli.json<TaskListResult>(['stack', 'ps', 'shop']);
      expect(tasks.map(({ name, state }) => [name, state])).toEqual([
        ['shop_app.1', 'running'],
        ['shop_app.2', 'running'],
      ]);
    });

    it('deploy again leaves everything as it is', async () => {
      const ids = await onManager('docker ps -q');
      const version = await format('shop_app', '{{.Version.Index}}');
      const result = await deploy();
      expect(result).toMatchObject({ made: [], services: [{ change: 'unchanged', state: 'converged' }] });
      expect([await onManager('docker ps -q'), await format('shop_app', '{{.Version.Index}}')]).toEqual([ids, version]);
    });

    it('deploy with another config gives the services the new one', async () => {
      await writeFile(join(file, '..', 'motd'), 'good bye\n');
      const result = await deploy();
      expect(result.made).toEqual([expect.stringMatching(/^config shop_motd-[0-9a-f]{8}$/)]);
      expect(result.services).toMatchObject([{ change: 'updated', state: 'converged', running: 2 }]);
      const { lines } = await cli.json<ServiceLogsResult>(['service', 'logs', 'shop_app', '--tail', '2']);
      expect(lines.map(({ line }) => line)).toContain('good bye');
    });

    it("takes turns with docker's own CLI, and none of them replaces a task of the other", async () => {
      const folder = join(cli.home, 'both');
      await mkdir(folder);
      const both = join(folder, 'compose.yaml');
      await writeFile(both, ofBoth);
      await writeFile(join(folder, 'app.env'), 'B=2\nA=1\n');
      await writeFile(join(folder, 'text'), 'some text\n');
      const { stdout } = await cli.run(['env', 'manager', '--shell', 'sh']);
      const tls = Object.fromEntries(
        [...stdout.matchAll(/export (\w+)=["']?([^"'\n]*)/g)].map(
          ([, name = '', value = '']) => [name, value] as const,
        ),
      );
      expect(Object.keys(tls)).toContain('DOCKER_HOST');
      const byDocker = async (): Promise<void> => {
        const args = ['stack', 'deploy', '--detach=true', '--resolve-image', 'never', '-c', both, 'both'];
        const { exitCode, stderr } = await processRunner(process.env)('docker', args, {
          env: { ...tls, IMAGE: workloadImage },
          timeoutMs: 60_000,
          signal: new AbortController().signal,
        });
        if (exitCode !== 0) throw new Error(stderr);
      };
      const bySwarmup = async (): Promise<DeployResult> => {
        const args = ['stack', 'deploy', '-c', both, 'both', '--json'];
        const { stdout: json, stderr } = await cli.run(args, { env: { IMAGE: workloadImage } });
        if (json === '') throw new Error(stderr);
        return JSON.parse(json) as DeployResult;
      };
      const tasks = async (): Promise<string[]> =>
        (await onManager('docker service ps -q both_app')).split('\n').sort();

      await byDocker();
      const first = await tasks();
      expect(await bySwarmup()).toMatchObject({ made: [], services: [{ change: 'unchanged', state: 'converged' }] });
      expect(await tasks()).toEqual(first);
      await cli.json(['stack', 'rm', '--yes', 'both']);

      expect(await bySwarmup()).toMatchObject({ services: [{ change: 'created', state: 'converged' }] });
      const second = await tasks();
      await byDocker();
      expect(await bySwarmup()).toMatchObject({ made: [], services: [{ change: 'unchanged', state: 'converged' }] });
      expect(await tasks()).toEqual(second);
      await cli.json(['stack', 'rm', '--yes', 'both']);
    });

    it('rm takes all of it away, and nothing else', async () => {
      await onManager('echo mine | docker config create other -');
      expect(await refused(['stack', 'rm', 'shpo'])).toMatchObject({ code: 'STACK_UNKNOWN' });
      expect(await refused(['stack', 'ps', 'shpo'])).toMatchObject({ code: 'STACK_UNKNOWN' });
      expect(await refused(['stack', 'services', 'shpo'])).toMatchObject({ code: 'STACK_UNKNOWN' });
      // Nobody can be asked here, so nothing goes.
      expect(await refused(['stack', 'rm', 'shop'])).toMatchObject({ code: 'CONFIRMATION_NEEDED' });
      expect(await refused(['service', 'rm', 'shop_app'])).toMatchObject({ code: 'CONFIRMATION_NEEDED' });
      expect(await onManager("docker service ls --format '{{.Name}}'")).toContain('shop_app');
      const { removed } = await cli.json<StackRemoveResult>(['stack', 'rm', '--yes', 'shop']);
      expect(removed).toHaveLength(5);
      expect(await onManager("docker service ls -q; docker secret ls -q; docker config ls --format '{{.Name}}'")).toBe(
        'other',
      );
      expect(await onManager('docker network ls -q --filter name=shop_back')).toBe('');
    });
  });
});
