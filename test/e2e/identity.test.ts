import { execa } from 'execa';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CreateResult, HostRow, HostsResult } from '../../src/operations/access/results.js';
import { type Cli, openCli } from './cli.js';
import { outerEngine } from './outer-engine.js';

/** Every docker CLI of this machine: those of other versions trust the same. */
async function dockerPrograms(): Promise<readonly string[]> {
  const paths = [...new Set((process.env['PATH'] ?? '').split(delimiter))].map((folder) => join(folder, 'docker'));
  const found = paths.map(async (path) => ((await access(path).catch(() => 'missing')) === undefined ? [path] : []));
  return (await Promise.all(found)).flat();
}

/** Two hosts exchange their addresses, and the certificate of w2 is good for both, as that of a host made later is. */
describe('a host proves which one it is', () => {
  let cli: Cli;
  let config: string;
  let programs: readonly string[];
  const before = { w1: '', w2: '' };
  beforeAll(async () => {
    cli = await openCli('identity');
    config = await mkdtemp(join(tmpdir(), 'swarmup-identity-'));
    programs = await dockerPrograms();
    const made = await cli.json<CreateResult>(['create', '--no-swarm', 'w1', 'w2']);
    expect(made.hosts.map(({ status }) => status)).toEqual(['created', 'created']);
    for (const name of ['w1', 'w2'] as const) before[name] = (await cli.run(['ip', name])).stdout.trim();
    expect(await cli.json<HostsResult>(['provision', 'w2', '--tls-san', before.w1])).toMatchObject({
      hosts: [{ name: 'w2', status: 'provisioned' }],
    });
    expect((await cli.run(['context', 'create'], { env: { DOCKER_CONFIG: config } })).exitCode).toBe(0);
  });
  afterAll(async () => {
    await cli.dispose();
    await rm(config, { recursive: true });
  });

  /** What docker says with the variables of `swarmup env`, for each docker CLI. */
  async function docker(name: string, args: readonly string[], certs?: string): Promise<readonly string[]> {
    const { variables } = await cli.json<{ variables: Record<string, string> }>(['env', name]);
    return ask(args, { ...variables, DOCKER_CONFIG: config, ...(certs !== undefined && { DOCKER_CERT_PATH: certs }) });
  }
  const whoIs = (name: string, certs?: string) => docker(name, ['info', '--format', '{{.Name}}'], certs);
  const ask = (args: readonly string[], env: Record<string, string>): Promise<readonly string[]> =>
    Promise.all(
      programs.map(async (program) => {
        const { stdout, stderr } = await execa(program, args, { env, reject: false });
        return `${stdout}${stderr}`;
      }),
    );
  const all = (said: unknown): unknown[] => programs.map(() => said);
  const refused = expect.stringMatching(/x509: /) as unknown;
  const rows = async (): Promise<readonly HostRow[]> => (await cli.json<{ hosts: HostRow[] }>(['ls'])).hosts;

  it('to docker, env --check, ls and status, while nothing is wrong', async () => {
    expect([await whoIs('w1'), await whoIs('w2')]).toEqual([all('w1'), all('w2')]);
    expect((await cli.run(['env', '--check', 'w1'])).exitCode).toBe(0);
    expect((await rows()).map(({ state, errors }) => [state, errors])).toEqual([
      ['running', []],
      ['running', []],
    ]);
    expect((await cli.run(['status', 'w1', 'w2'])).stdout).toBe('running\nrunning');
  });

  it('and is not taken for another whose address it has', async () => {
    await moveTo(cli.network, [
      [before.w1, before.w2],
      [before.w2, before.w1],
    ]);
    // The authority alone accepts w2 at the address of w1: the test would see it if docker were given no more.
    expect(await whoIs('w1', join(cli.home, 'certs'))).toEqual(all('w2'));
    expect([await docker('w1', ['ps']), await docker('w2', ['ps'])]).toEqual([all(refused), all(refused)]);
    expect(await ask(['--context', 'w1.no-swarm', 'ps'], { DOCKER_CONFIG: config, DOCKER_HOST: '' })).toEqual(
      all(refused),
    );

    const [w1, w2] = await rows();
    expect([w1?.docker, w2?.docker]).toEqual([null, null]);
    expect(w1?.errors).toEqual([expect.stringContaining('the engine of w2 answers at the address of w1')]);
    expect(w2?.errors).toEqual([expect.stringContaining('the engine of w1 answers at the address of w2')]);
    expect((await cli.run(['status', 'w1', 'w2'])).stdout).toBe('error\nerror');

    const checked = await cli.run(['env', '--check', 'w1']);
    expect(checked).toMatchObject({ exitCode: 3, stdout: '' });
    expect(checked.stderr).toContain('the engine of w2 answers at the address of w1');
    expect(checked.stderr).toContain('swarmup create --no-swarm w1');
    const contexts = await cli.run(['context', 'create', '--check'], { env: { DOCKER_CONFIG: config } });
    expect(contexts.exitCode).toBe(3);
  });

  it('and is itself again at its own address', async () => {
    await moveTo(cli.network, [
      [before.w1, before.w2],
      [before.w2, before.w1],
    ]);
    expect([await whoIs('w1'), await whoIs('w2')]).toEqual([all('w1'), all('w2')]);
    expect((await cli.run(['status', 'w1', 'w2'])).stdout).toBe('running\nrunning');
  });

  it('and another host does not stand in for it when it is gone', async () => {
    await outerEngine.request('DELETE', `/containers/${await idAt(cli.network, before.w1)}`, {
      query: { force: true },
    });
    await moveTo(cli.network, [[before.w2, before.w1]]);
    expect(await whoIs('w1', join(cli.home, 'certs'))).toEqual(all('w2'));
    expect(await docker('w1', ['ps'])).toEqual(all(refused));
    const [w1] = await rows();
    expect(w1).toMatchObject({ name: 'w1', state: 'absent', docker: null });
    expect((await cli.run(['status', 'w1'])).stdout).toBe('absent');
    expect((await cli.run(['env', '--check', 'w1'])).exitCode).toBe(3);
  });
});

interface Listed {
  readonly Id: string;
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> };
}

async function idAt(network: string, address: string): Promise<string> {
  const containers = await outerEngine.request<readonly Listed[]>('GET', '/containers/json');
  const found = containers.find(({ NetworkSettings }) => NetworkSettings.Networks[network]?.IPAddress === address);
  if (found === undefined) throw new Error(`no container has the address ${address}`);
  return found.Id;
}

/** Containers get other addresses while they run: from, to. */
async function moveTo(network: string, moves: readonly (readonly [string, string])[]): Promise<void> {
  const containers = await Promise.all(moves.map(([from]) => idAt(network, from)));
  for (const Container of containers)
    await outerEngine.request('POST', `/networks/${network}/disconnect`, { body: { Container, Force: true } });
  for (const [at, [, IPv4Address]] of moves.entries()) {
    const EndpointConfig = { IPAMConfig: { IPv4Address } };
    await outerEngine.request('POST', `/networks/${network}/connect`, {
      body: { Container: containers[at], EndpointConfig },
    });
  }
}
