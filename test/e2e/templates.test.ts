import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { LabPlan } from '../../src/lab/lab-plan.js';
import type { LabHostsResult } from '../../src/operations/lab/end-lab.js';
import type { LabStatus } from '../../src/operations/lab/lab-status.js';
import type { UpResult } from '../../src/operations/lab/up-lab.js';
import { type Cli, openCli } from './cli.js';
import { leftovers } from './outer-engine.js';
import { httpGet, loadWorkload, onHost, standIn } from './workload.js';

/** No registry is reachable: these are made of the distribution's packages, one image stands in for all others. */
const images = {
  'prometheus:e2e': [
    'ENTRYPOINT ["prometheus"]',
    'CMD ["--config.file=/etc/prometheus/prometheus.yml","--storage.tsdb.path=/prometheus"]',
  ],
  'node-exporter:e2e': ['ENTRYPOINT ["prometheus-node-exporter"]'],
  'etcd:e2e': [],
  'stand-in:e2e': standIn,
};
const env = {
  ...{ PROMETHEUS_IMAGE: 'prometheus:e2e', NODE_EXPORTER_IMAGE: 'node-exporter:e2e', ETCD_IMAGE: 'etcd:e2e' },
  ...Object.fromEntries(
    ['CONSUL', 'DB', 'GRAFANA', 'INFLUXDB', 'VISUALIZER', 'WEB'].map((name) => [`${name}_IMAGE`, 'stand-in:e2e']),
  ),
  DB_PASSWORD: 'hunter2',
};

/** The folder, and so the lab. */
const lab = 'lab';
let folder: string;
let cli: Cli;

beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'swarmup-templates-')), lab);
  await mkdir(folder);
  cli = await openCli('templates', env, folder);
});
afterAll(async () => {
  await cli.dispose();
  await rm(dirname(folder), { recursive: true });
});

/** The hosts of a template alone: its images have to be on them before its services are. They may be removed. */
const hostsOnly = 'extends: swarmup.yaml\nstacks: null\nservices: null\nprotect: false\n';
const onDocker = ['--driver-override', 'docker'];

interface Template {
  readonly name: string;
  /** How many tasks of each run. */
  readonly services: Readonly<Record<string, number>>;
  readonly packages?: readonly string[];
  /** What it is for. */
  readonly works?: () => Promise<void>;
}

/** `default` and `classic` are in labs.test.ts, `aws` in driver-aws.test.ts. */
const templates: readonly Template[] = [
  {
    name: 'ha',
    services: {},
    works: async () => {
      const zones =
        'docker node inspect $(docker node ls -q) --format \'{{index .Spec.Labels "swarmup.zone"}}\' | sort';
      expect((await onHost(cli, 'manager1', zones)).split('\n')).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
      expect(await cli.run(['destroy', '--yes'])).toMatchObject({
        exitCode: 3,
        stderr: expect.stringContaining(`lab ${lab} is protected`) as unknown,
      });
    },
  },
  { name: 'web-db', services: { shop_web: 3, shop_db: 1 } },
  {
    name: 'monitoring',
    services: {
      'monitoring_node-exporter': 3,
      monitoring_prometheus: 1,
      monitoring_grafana: 1,
      monitoring_influxdb: 1,
    },
    packages: ['prometheus', 'prometheus-node-exporter'],
    works: async () => {
      await waitFor({ timeoutMs: 120_000, what: 'all nodes to be scraped', intervalMs: 1000 }, async () => {
        const answer = await inTask(
          'mon-manager',
          'monitoring_prometheus',
          httpGet('localhost', 9090, '/api/v1/targets'),
        );
        const { data } = JSON.parse(answer) as { data: { activeTargets: { scrapePool: string; health: string }[] } };
        const up = data.activeTargets.filter(({ scrapePool, health }) => scrapePool === 'nodes' && health === 'up');
        if (up.length !== 3) throw new Error(answer);
        return true;
      });
    },
  },
  {
    name: 'discovery',
    services: { consul_server: 1, consul_agent: 4, etcd: 1 },
    packages: ['etcd-server'],
    works: async () => {
      const { tasks } = await cli.json<LabStatus>(['status']);
      const host = tasks.find((task) => task.name.startsWith('etcd.'))?.node ?? '';
      expect(await inTask(host, 'etcd', httpGet('localhost', 2379, '/health'))).toContain('"health":"true"');
    },
  },
  { name: 'visualizer', services: { visualizer: 1, web: 4 } },
];

/** What a command prints in the task of a service that runs on a host. */
const inTask = (host: string, service: string, command: string): Promise<string> =>
  onHost(
    cli,
    host,
    `docker exec "$(docker ps -qf label=com.docker.swarm.service.name=${service} | head -n 1)" bash -c '${command}'`,
  );

describe.each(templates)('the template $name', { timeout: 600_000 }, (about) => {
  const { name, services, packages = [], works } = about;

  it('is planned, made as it is written, left alone by the next up, and goes', async () => {
    expect((await cli.run(['init', name, '--force'])).exitCode).toBe(0);
    await writeFile(join(folder, 'hosts.yaml'), hostsOnly);
    const plan = await cli.json<LabPlan>(['plan', ...onDocker]);
    expect(plan.warnings).toEqual([]);
    expect(plan.changes.filter(({ what }) => what === 'host')).toHaveLength(plan.hosts);

    const made = await cli.json<UpResult>(['up', '--file', 'hosts.yaml', ...onDocker]);
    const hosts = made.nodes.map((node) => node.name);
    expect(hosts).toHaveLength(plan.hosts);
    if (Object.keys(services).length > 0) await loadWorkload(cli, hosts, { packages, images });
    const up = await cli.json<UpResult>(['up', ...onDocker]);
    expect(up.outcomes.map(({ status }) => status)).not.toContain('failed');
    expect((await cli.json<UpResult>(['up', ...onDocker])).outcomes).toEqual([]);
    expect(await servicesThatRun()).toEqual(services);
    await works?.();
    const { hosts: gone } = await cli.json<LabHostsResult>(['destroy', '--yes', '--file', 'hosts.yaml']);
    expect(gone.map(({ status }) => status)).toEqual(hosts.map(() => 'removed'));
    expect(await leftovers(cli.network)).toEqual([]);
  });
});

/** Once nothing is amiss. */
const servicesThatRun = (): Promise<Readonly<Record<string, number>>> =>
  waitFor({ timeoutMs: 120_000, what: 'the lab to be well', intervalMs: 500 }, async () => {
    const { stdout } = await cli.run(['status', '--json']);
    const { problems, services } = JSON.parse(stdout) as LabStatus;
    if (problems.length > 0) throw new Error(problems.join(', '));
    return Object.fromEntries(services.map((service) => [service.name, service.running]));
  });
