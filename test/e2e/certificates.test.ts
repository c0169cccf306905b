import { execa } from 'execa';
import { X509Certificate } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../src/lib/abort.js';
import { issueServerCertificate } from '../../src/bootstrap/tls/issue.js';
import type { CreateResult, HostRow, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { onHost } from './workload.js';

describe('certificates', () => {
  let cli: Cli;
  let dockerConfig: { readonly DOCKER_CONFIG: string };
  const hosts = ['cm', 'cn', 'cw'];
  beforeAll(async () => {
    dockerConfig = { DOCKER_CONFIG: await mkdtemp(join(tmpdir(), 'swarmup-docker-')) };
    cli = await openCli('certs', dockerConfig);
    const created = await cli.json<CreateResult>(['create', '--no-agent', '--managers', '3', ...hosts]);
    expect(created.hosts.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
  });
  afterAll(async () => {
    await cli.dispose();
    await rm(dockerConfig.DOCKER_CONFIG, { recursive: true });
  });

  const statusOf = ({ hosts: outcomes }: HostsResult): unknown => outcomes.map(({ name, status }) => [name, status]);
  const certs = (): string => join(cli.home, 'certs');
  const rowOf = async (name: string): Promise<HostRow | undefined> =>
    (await cli.json<{ hosts: HostRow[] }>(['ls'])).hosts.find((row) => row.name === name);
  const serverCert = (host: string): Promise<string> => onHost(cli, host, 'cat /etc/docker/swarmup/server-cert.pem');
  /** Gives cw a certificate that an older swarmup made on this day: it names the host, but not its record. */
  async function serveOlder(now: Date): Promise<void> {
    const ca = {
      certPem: await readFile(join(certs(), 'ca.pem'), 'utf8'),
      keyPem: await readFile(join(certs(), 'ca-key.pem'), 'utf8'),
    };
    const { stdout: ip } = await cli.run(['ip', 'cw']);
    const { stdout: hostname } = await cli.run(['ssh', 'cw', '--', 'hostname']);
    const sans = ['cw', hostname.trim(), ip, 'localhost', '127.0.0.1', '::1'];
    const { certPem, keyPem } = await issueServerCertificate({ name: 'cw', sans, ca, now });
    for (const [file, input] of [
      ['server-cert.pem', certPem],
      ['server-key.pem', keyPem],
    ] as const)
      expect((await cli.run(['ssh', 'cw', '--', `cat >/etc/docker/swarmup/${file}`], { input })).exitCode).toBe(0);
    await onHost(cli, 'cw', 'systemctl restart docker');
  }
  async function isNamed(): Promise<boolean> {
    const { subject, subjectAltName } = new X509Certificate(await serverCert('cw'));
    return subject === 'CN=cw.default' && /URI:urn:uuid:[-0-9a-f]{36}/.test(subjectAltName ?? '');
  }
  /** The user's docker CLI, with the variables of `swarmup env`. */
  async function docker(host: string, folder?: string): Promise<{ exitCode: number | undefined; said: string }> {
    const { variables } = await cli.json<{ variables: Record<string, string> }>(['env', host]);
    // Its own folder: that of the authority would trust every host.
    expect(variables['DOCKER_CERT_PATH']).toBe(join(cli.home, 'swarms', 'default', 'hosts', host, 'docker'));
    const env = { ...variables, ...(folder !== undefined && { DOCKER_CERT_PATH: folder }) };
    const result = await execa('docker', ['info', '--format', '{{.Name}} {{.Swarm.LocalNodeState}}'], {
      env,
      reject: false,
    });
    return { exitCode: result.exitCode, said: result.stdout + result.stderr };
  }

  /** Its engine may just be restarted: the node finds its swarm again in a moment. */
  const answers = (host: string): Promise<unknown> =>
    waitFor({ timeoutMs: 60_000, what: `${host} to be in its swarm`, intervalMs: 500 }, async () => {
      const { exitCode, said } = await docker(host);
      if (exitCode === 0 && said === `${host} active`) return true;
      throw new Error(said);
    });

  it('are made anew for a host, which stays in its swarm', async () => {
    const before = await serverCert('cw');
    expect((await cli.run(['regenerate-certs', 'cw'])).exitCode).toBe(2);
    expect(statusOf(await cli.json<HostsResult>(['regenerate-certs', '--dry-run', 'cw']))).toEqual([
      ['cw', 'would-renew'],
    ]);
    expect(await serverCert('cw')).toBe(before);
    expect(statusOf(await cli.json<HostsResult>(['regenerate-certs', '--force', '--client-certs', 'cw']))).toEqual([
      ['cw', 'renewed'],
    ]);
    expect(await serverCert('cw')).not.toBe(before);
    expect(await docker('cw')).toMatchObject({ exitCode: 0, said: 'cw active' });
  });

  it('renew themselves when the host is touched, and ls tells it 30 days before', async () => {
    const threeYearsMs = 3 * 365.25 * 24 * 3_600_000;
    await serveOlder(new Date(Date.now() - threeYearsMs + 20 * 24 * 3_600_000));
    // It names no record, as those of an older swarmup, and still serves.
    expect(await docker('cw')).toMatchObject({ exitCode: 0 });
    expect((await rowOf('cw'))?.errors).toEqual([expect.stringContaining('swarmup provision cw renews it')]);
    expect((await cli.run(['start', 'cw'])).exitCode).toBe(0);
    expect(await isNamed()).toBe(true);
    expect((await rowOf('cw'))?.errors).toEqual([]);
  });

  it('of an older swarmup stay while the host runs, and name its record after the next start', async () => {
    await serveOlder(new Date());
    expect((await cli.run(['start', 'cw'])).exitCode).toBe(0);
    expect((await cli.run(['provision', 'cw'])).exitCode).toBe(0);
    expect(await isNamed()).toBe(false);
    expect((await rowOf('cw'))?.errors).toEqual([]);
    expect((await cli.run(['env', '--check', 'cw'])).exitCode).toBe(0);
    const restarted = await cli.run(['restart', 'cw']);
    expect(restarted.exitCode, restarted.stderr).toBe(0);
    expect(await isNamed()).toBe(true);
    await answers('cw');
  });

  it('get a new authority on all hosts, which refuse the old client certificate from then on', async () => {
    const old = await mkdtemp(join(tmpdir(), 'swarmup-old-certs-'));
    try {
      await cp(certs(), old, { recursive: true });
      expect((await cli.run(['context', 'create', 'cw'])).exitCode).toBe(0);
      expect(await docker('cm', old)).toMatchObject({ exitCode: 0 });
      // Killed after the first manager trusts both: everybody still reaches every host, and the next run goes on.
      const killed = await cli.killAt(
        ['regenerate-certs', '--ca', '--force'],
        (event) => event.type === 'step-done' && event.host !== undefined,
      );
      expect(killed).toMatchObject({ title: 'trust both authorities' });
      expect((await readFile(join(certs(), 'ca.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(2);
      for (const host of hosts) await answers(host);
      expect(statusOf(await cli.json<HostsResult>(['regenerate-certs', '--ca', '--force']))).toEqual([
        ['cm', 'renewed'],
        ['cn', 'renewed'],
        ['cw', 'renewed'],
      ]);
      for (const host of hosts) {
        await answers(host);
        expect((await rowOf(host))?.errors).toEqual([]);
        // Also where it trusts the new authority.
        await cp(join(certs(), 'ca.pem'), join(old, 'ca.pem'));
        expect(await docker(host, old)).toMatchObject({
          exitCode: 1,
          said: expect.stringMatching(/certificate|tls/i) as string,
        });
      }
      await waitFor({ timeoutMs: 60_000, what: 'all nodes to be Ready', intervalMs: 500 }, async () => {
        const nodes = await onHost(cli, 'cm', "docker node ls --format '{{.Hostname}} {{.Status}}'");
        if (nodes.split('\n').sort().join(', ') === 'cm Ready, cn Ready, cw Ready') return true;
        throw new Error(nodes);
      });
      expect((await readFile(join(certs(), 'ca.pem'), 'utf8')).match(/BEGIN/g)).toHaveLength(1);
      // Contexts that were made before have the new certificates, too.
      const { stdout } = await execa('docker', ['--context', 'cw', 'info', '--format', '{{.Name}}'], {
        env: { ...dockerConfig, DOCKER_HOST: '' },
      });
      expect(stdout).toBe('cw');
    } finally {
      await rm(old, { recursive: true });
    }
  });

  it('that cannot be used are explained, and a new authority mends them', async () => {
    const path = join(certs(), 'ca-key.pem');
    const text = await readFile(path, 'utf8');
    await writeFile(path, 'no key');
    const { exitCode, stderr } = await cli.run(['provision', 'cw']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/certificate authority in .* cannot be used/);
    expect(stderr).toContain('swarmup regenerate-certs --ca');
    await writeFile(path, text);
  });
});
