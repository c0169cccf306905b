import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cli, openCli } from './cli.js';
import { leftovers, outerEngine } from './outer-engine.js';

describe('a subnet for the docker driver', () => {
  let cli: Cli;
  beforeAll(async () => {
    cli = await openCli('badinput');
  });
  afterAll(async () => {
    await cli.dispose();
  });

  it('that overlaps another network is refused: whose it is, and a free one', async () => {
    const bridge = await outerEngine.request<{ IPAM: { Config: { Subnet: string }[] } }>('GET', '/networks/bridge');
    const subnet = bridge.IPAM.Config[0]?.Subnet ?? '';
    const args = ['create', '--docker-subnet', subnet, 'm'];
    const [text, json] = [await cli.run(args), await cli.run([...args, '--json'])];
    expect([text.exitCode, json.exitCode], text.stderr).toEqual([3, 3]);
    const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string; hints: string[] } };
    expect(error.code).toMatch(/SUBNET/);
    expect(error.message).toContain(subnet);
    expect(error.message).toMatch(/overlaps/);
    expect(error.hints.length).toBeGreaterThan(0);
    expect(text.stderr).toContain(`Error: ${error.message}\n  → `);
    expect(text.stderr).not.toMatch(/\n\s+at /);
    expect(text.stdout).toBe('');
    expect(await leftovers(cli.network)).toEqual([]);
    expect((await cli.run(['ls', '-q'])).stdout).toBe('');
  });

  it.each(['10.300.0.0/16', '10.20.0.0', 'fun'])('%s is no subnet', async (subnet) => {
    const result = await cli.run(['create', '--docker-subnet', subnet, 'm', '--json']);
    expect(result.exitCode).toBe(2);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { exitCode: 2, message: expect.stringContaining(subnet) as unknown },
    });
    expect(await leftovers(cli.network)).toEqual([]);
  });

  it('that is too small for the hosts is refused before any of them is made', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const result = await cli.run(['create', '--docker-subnet', '10.213.7.0/29', ...names, '--json']);
    expect(result.exitCode).toBe(3);
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { message: expect.stringContaining('10.213.7.0/29') as unknown },
    });
    expect(await leftovers(cli.network)).toEqual([]);
  });
});
