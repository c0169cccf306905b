import { Flags, Parser } from '@oclif/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argValues } from '../../../src/cli/arg-declaration.js';
import { flagValues } from '../../../src/cli/flag-declaration.js';
import { envCommand } from '../../../src/cli/light/env-command.js';
import { ipCommand } from '../../../src/cli/light/ip-command.js';
import type { CommandDefinition, QuickTools } from '../../../src/cli/command.js';
import { lsCommand } from '../../../src/cli/light/ls-command.js';
import { parseLight } from '../../../src/cli/light/parse-light.js';
import { oclifArgs } from '../../../src/cli/oclif-command.js';
import { oclifFlags } from '../../../src/cli/oclif-flags.js';

const commands = { env: envCommand, ip: ipCommand, ls: lsCommand } as Readonly<
  Record<string, CommandDefinition<QuickTools>>
>;
const commandOf = (id: string): CommandDefinition<QuickTools> => commands[id] ?? lsCommand;

/** What the same command line means to oclif; undefined: it refuses it. */
async function parseByOclif(command: CommandDefinition<QuickTools>, argv: readonly string[]): Promise<unknown> {
  const flags = { ...oclifFlags(command.flags), json: Flags.boolean(), debug: Flags.boolean() };
  try {
    const parsed = await Parser.parse([...argv], { args: oclifArgs(command.args), flags, strict: true });
    return { args: argValues(command.args, parsed.args), flags: flagValues(command.flags, parsed.flags) };
  } catch {
    return undefined;
  }
}

/** The words, without what only tells which of them were typed. */
function parse(id: string, argv: readonly string[]): unknown {
  const { args, flags } = parseLight(commandOf(id), argv) ?? {};
  return args && { args, flags };
}

describe('parseLight', () => {
  it.each([
    [
      'env',
      [],
      { args: { name: undefined }, flags: { shell: undefined, unset: false, 'no-proxy': false, check: false } },
    ],
    [
      'env',
      ['-u', '--shell=fish'],
      { args: { name: undefined }, flags: { shell: 'fish', unset: true, 'no-proxy': false, check: false } },
    ],
    ['ip', ['a', '--json', 'b'], { args: { name: ['a', 'b'] }, flags: {} }],
    [
      'ls',
      ['-qt', '5', '--filter', 'a=b', '--filter=c=d'],
      { args: {}, flags: { quiet: true, filter: ['a=b', 'c=d'], format: undefined, timeout: 5 } },
    ],
  ])('%s %j', (id, argv, input) => {
    expect(parse(id, argv)).toEqual(input);
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
    expect(parse(id, argv)).toBeUndefined();
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
        const quick = parse(id, args);
        if (quick === undefined) return;
        understood += 1;
        expect(quick).toEqual(await parseByOclif(command, args));
      }),
      { numRuns: 1000 },
    );
    expect(understood).toBeGreaterThan(100);
  });
});
