import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MachineRecord } from '../../src/machine/machine-record.js';
import type { CreateResult } from '../../src/operations/access/results.js';
import type { AgentStatusResult } from '../../src/operations/agent/agent-statuses.js';
import { generateSshKey } from '../../src/ssh/keys.js';
import { type Cli, openCli } from './cli.js';
import { onHost } from './workload.js';

describe('a bare host', () => {
  let cli: Cli;
  let created: CreateResult;
  beforeAll(async () => {
    cli = await openCli('bare');
    created = await cli.json<CreateResult>(['create', '--no-swarm', '--docker-image-variant', 'bare', 'bare']);
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('gets Docker over SSH and is a plain Docker host', async () => {
    expect(created.hosts).toMatchObject([{ name: 'bare', role: null, status: 'created' }]);
    expect(await onHost(cli, 'bare', "docker info --format '{{.Swarm.LocalNodeState}}'")).toBe('inactive');
    expect(await onHost(cli, 'bare', 'systemctl is-enabled docker.service')).toBe('enabled');
  });

  it('with key files that only root can read', async () => {
    const modes = await onHost(cli, 'bare', "stat -c '%a %U' /etc/docker/swarmup/*key*.pem");
    expect(modes).toBe('600 root');
  });

  it('is refused when its host key has changed, without a way around', async () => {
    const file = join(cli.home, 'hosts', 'bare', 'machine.json');
    const text = await readFile(file, 'utf8');
    const record = JSON.parse(text) as MachineRecord;
    const other = generateSshKey('other').publicKey.trim();
    await writeFile(file, JSON.stringify({ ...record, endpoint: { ...record.endpoint, hostKey: other } }));
    try {
      const result = await cli.run(['ssh', 'bare', '--', 'true']);
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toMatch(/bare/);
      expect(result.stderr).toMatch(/SHA256:.*SHA256:/s);
      expect(result.stderr).not.toMatch(/\n\s+at /);
    } finally {
      await writeFile(file, text);
    }
    expect((await cli.run(['ssh', 'bare', '--', 'true'])).exitCode).toBe(0);
  });

  it("becomes a manager, whose agent gets the distribution's Node.js", async () => {
    expect(await onHost(cli, 'bare', 'command -v node nodejs || echo none')).toBe('none');
    await cli.json(['swarm', 'init', '--swarm', 'mine', 'bare']);
    const { agents } = await cli.json<AgentStatusResult>(['agent', 'status', '--swarm', 'mine']);
    const package_ = await onHost(cli, 'bare', "dpkg-query -W -f '${Version}' nodejs");
    const node = `v${package_.replace(/[^\d.].*/, '')}`;
    expect(agents).toMatchObject([{ name: 'bare', state: 'leader', installed: { unit: 'active', node } }]);
  });

  it('of another swarm is refused with an explanation and left as it is', async () => {
    await cli.json<CreateResult>(['create', '--swarm', 'mine', 'bw']);
    await onHost(cli, 'bw', 'docker swarm leave && docker swarm init');
    const id = await onHost(cli, 'bw', "docker info --format '{{.Swarm.Cluster.ID}}'");
    const result = await cli.run(['create', '--swarm', 'mine', 'bw', '--json']);
    expect(result.exitCode).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'FOREIGN_SWARM', host: 'bw', exitCode: 3 } });
    expect(await onHost(cli, 'bw', "docker info --format '{{.Swarm.Cluster.ID}}'")).toBe(id);
  });
});
