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

  it('fits on a page for create, which names the drivers and has the flags of the one that is named', async () => {
    const plain = (await light.run(['create', '--help'])).stdout;
    expect(plain.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
    expect(plain).toContain('Drivers: docker, generic, virtualbox, aws.');
    expect(plain).not.toMatch(/--(docker|generic|virtualbox|aws)-/);
    const aws = (await light.run(['create', '--driver', 'aws', '--help'])).stdout;
    expect(aws).toContain('--aws-instance-type');
    expect(aws).not.toMatch(/--(docker|generic|virtualbox)-/);
  });

  it('has no gap where a flag is, gives topics their own texts, and says where to begin', async () => {
    expect((await light.run(['swarm', 'recover', '--help'])).stdout).not.toMatch(/\|\s+\|/);
    const [, , begin = '', ...rest] = (await light.run(['--help'])).stdout.split('\n');
    expect(begin).toMatch(/^To begin: {2}swarmup create /);
    expect(rest.find((line) => line.startsWith('  network '))).toMatch(/the overlay networks of a swarm$/);
    expect(rest.find((line) => line.startsWith('  drill '))).not.toContain(';');
  });

  it('is not printed for what another program is told', async () => {
    const { exitCode, stderr } = await light.run(['exec', 'nobody', '--', 'ls', '--help']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('there is no host named nobody');
  });
});
