import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildCli, childCli } from '../../support/child-cli.js';

/** A plugin without drivers: with any plugin there is, all of oclif prints the help. */
const hook = 'export default async () => [];';

describe('help that is printed without the whole of oclif', { timeout: 60_000 }, () => {
  let light: ChildCli;
  let whole: ChildCli;
  beforeAll(async () => {
    [light, whole] = [await childCli(), await childCli()];
    await whole.addPlugin('swarmup-driver-none', hook);
  }, 120_000);
  afterAll(() => Promise.all([light[Symbol.asyncDispose](), whole[Symbol.asyncDispose]()]));

  it.each([
    '--help',
    '-h',
    'help',
    'help env',
    'ls -h',
    'swarm --help',
    'swarm status --help',
    'service create --help',
    'config --help',
    'status --json --help',
    'create --help',
    'create --driver aws --help',
    'aws --help',
    'aws check --help',
    '-D ls --help',
    'swarm nonsense --help',
    '--version',
  ])('swarmup %s is what all of oclif prints', async (line) => {
    const args = line.split(' ');
    const printed = await light.run(args);
    expect(printed).toEqual(await whole.run(args));
    expect(printed.exitCode).toBe(line.includes('nonsense') ? 2 : 0);
  });

  it('is not printed for what another program is told', async () => {
    const { exitCode, stderr } = await light.run(['exec', 'nobody', '--', 'ls', '--help']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no host named nobody');
  });
});
