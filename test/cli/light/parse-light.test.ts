import { Args, Flags, type Interfaces, Parser } from '@oclif/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagValues } from '../../../src/cli/flag-declaration.js';
import { envCommand } from '../../../src/cli/light/env-command.js';
import { ipCommand } from '../../../src/cli/light/ip-command.js';
import type { LightCommand } from '../../../src/cli/light/light-command.js';
import { lsCommand } from '../../../src/cli/light/ls-command.js';
import { parseLight } from '../../../src/cli/light/parse-light.js';
import { oclifFlags } from '../../../src/cli/oclif-flags.js';

const commands = { env: envCommand, ip: ipCommand, ls: lsCommand } as Readonly<Record<string, LightCommand>>;
const commandOf = (id: string): LightCommand => commands[id] ?? lsCommand;

/** What the same command line means to oclif; undefined: it refuses it. */
async function parseByOclif(command: LightCommand, argv: readonly string[]): Promise<unknown> {
  const name = (
    command.names?.many === true ? Args.string({ multiple: true }) : Args.string()
  ) as Interfaces.Arg<unknown>;
  const args: Interfaces.ArgInput = command.names === undefined ? {} : { name };
  const flags = { ...oclifFlags(command.flags), json: Flags.boolean(), debug: Flags.boolean() };
  try {
    const parsed = await Parser.parse([...argv], {
      args,
      flags,
      strict: true,
    });
    const given = [(parsed.args as { name?: string | string[] }).name ?? []].flat();
    return { names: given, flags: flagValues(command.flags, parsed.flags) };
  } catch {
    return undefined;
  }
}

describe('parseLight', () => {
  it.each([
    ['env', [], { names: [], flags: { shell: undefined, unset: false, 'no-proxy': false } }],
    ['env', ['-u', '--shell=fish'], { names: [], flags: { shell: 'fish', unset: true, 'no-proxy': false } }],
    ['ip', ['a', '--json', 'b'], { names: ['a', 'b'], flags: {} }],
    [
      'ls',
      ['-qt', '5', '--filter', 'a=b', '--filter=c=d'],
      { names: [], flags: { quiet: true, filter: ['a=b', 'c=d'], format: undefined, timeout: 5 } },
    ],
  ])('%s %j', (id, argv, input) => {
    expect(parseLight(commandOf(id), argv)).toEqual(input);
  });

  it.each([
    ['env', ['--help']],
    ['env', ['a', 'b']],
    ['env', ['--shell', 'foo']],
    ['ls', ['name']],
    ['ls', ['--timeout', '0']],
    ['ls', ['--timeout', '1.5']],
    ['ls', ['--timeout', 'x']],
    ['ls', ['--format']],
    ['ip', ['--nope']],
    ['env', ['--shell=sh', '--shell=sh']],
  ])('leaves %s %j to oclif', (id, argv) => {
    expect(parseLight(commandOf(id), argv)).toBeUndefined();
  });

  it('never understands a command line otherwise than oclif', async () => {
    const words = [
      'a',
      'b',
      '-q',
      '-u',
      '-t',
      '5',
      '0',
      '-t5',
      '--timeout=7',
      '--timeout',
      '--filter',
      '--filter=x',
      '-f',
    ];
    const more = [
      '--json',
      '--debug',
      '--shell',
      'fish',
      '--shell=zsh',
      '--no-proxy',
      '--unset',
      '-qf',
      '--help',
      '--',
      '',
    ];
    const argv = fc.array(fc.constantFrom(...words, ...more), { maxLength: 6 });
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('env', 'ip', 'ls'), argv, async (id, args) => {
        const command = commandOf(id);
        const quick = parseLight(command, args);
        if (quick === undefined) return;
        understood += 1;
        expect(quick).toEqual(await parseByOclif(command, args));
      }),
      { numRuns: 1000 },
    );
    expect(understood).toBeGreaterThan(100);
  });
});
