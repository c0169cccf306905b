import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import type { DrainResult } from '../../src/operations/nodes/drain-nodes.js';
import { type Cli, openCli } from './cli.js';
import { type Client, loadWorkload, onHost, serveProgram, startClient, workloadImage } from './workload.js';

/** A client asks a service of two tasks all the time, by DNS round robin, while the nodes under them are emptied. */
describe('without a lost request', () => {
  let cli: Cli;
  let client: Client;
  beforeAll(async () => {
    cli = await openCli('zero');
    await cli.json(['create', '--no-agent', 'manager', 'w1', 'w2']);
    await loadWorkload(cli, ['manager', 'w1', 'w2']);
    await onHost(cli, 'manager', 'docker network create -d overlay --attachable web >/dev/null');
    await onHost(
      cli,
      'manager',
      `docker service create -d --no-resolve-image --name web --replicas 2 --network web --endpoint-mode dnsrr ` +
        `--constraint node.role==worker --update-delay 7s --label colour=red ${workloadImage} busybox sh -c '${serveProgram}'`,
    );
    await running('web', 2);
    client = await startClient(cli, 'manager', 'web', 'web');
  });
  afterAll(() => cli.dispose());

  const running = (service: string, count: number): Promise<unknown> =>
    waitFor({ timeoutMs: 90_000, what: `${count} tasks of ${service}`, intervalMs: 500 }, async () => {
      const states = `docker service ps ${service} --filter desired-state=running --format '{{.CurrentState}}'`;
      const text = await onHost(cli, 'manager', states);
      return text.split('\n').filter((line) => line.startsWith('Running')).length === count ? true : undefined;
    });
  const spec = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await onHost(cli, 'manager', "docker service inspect web --format '{{json .Spec}}'")) as Record<
      string,
      unknown
    >;
  const nodesOf = async (service: string): Promise<readonly string[]> =>
    (
      await onHost(cli, 'manager', `docker service ps ${service} --filter desired-state=running --format '{{.Node}}'`)
    ).split('\n');
  const answers = async (): Promise<{ readonly all: number; readonly failed: number }> => {
    const all = await client.answers();
    return { all: all.length, failed: all.filter((isRight) => !isRight).length };
  };

  it('a node is drained', async () => {
    const before = await spec();
    const started = await answers();
    expect(await cli.json<DrainResult>(['node', 'drain', '--zero-downtime', '--dry-run', 'w1'])).toMatchObject({
      nodes: [{ name: 'w1', status: 'would-drain' }],
      moved: ['web'],
    });
    expect(await spec()).toEqual(before);
    const result = await cli.json<DrainResult>(['node', 'drain', '--zero-downtime', 'w1']);
    expect(result).toMatchObject({ nodes: [{ name: 'w1', status: 'drained' }], moved: ['web'] });
    expect(await nodesOf('web')).toEqual(['w2', 'w2']);
    const after = await answers();
    expect(after.failed).toBe(0);
    expect(after.all - started.all).toBeGreaterThan(100);
    // Nothing of how it was done is left in the user's service.
    expect(await spec()).toEqual(before);
  });

  it('a node stays as it is when its tasks have no other place', async () => {
    const before = await spec();
    const refused = await cli.run(['node', 'drain', '--zero-downtime', '--json', 'w2']);
    expect(refused.exitCode).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'NO_CAPACITY' } });
    expect(await spec()).toEqual(before);
    expect(await onHost(cli, 'manager', "docker node inspect w2 --format '{{.Spec.Availability}}'")).toBe('active');
  });

  it('a host is removed', async () => {
    await onHost(cli, 'manager', 'docker node update --availability active w1 >/dev/null');
    const started = await answers();
    expect(await cli.json(['rm', '--yes', 'w2'])).toMatchObject({ hosts: [{ name: 'w2', status: 'removed' }] });
    expect(await nodesOf('web')).toEqual(['w1', 'w1']);
    const after = await answers();
    expect(after.failed).toBe(0);
    expect(after.all - started.all).toBeGreaterThan(100);
  });
});
