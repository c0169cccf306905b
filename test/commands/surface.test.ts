import { type Command, Config } from '@oclif/core';
import { expect, it } from 'vitest';
import { childCli } from '../support/child-cli.js';

/** What users can type. A change here is a change of the public interface: it belongs into the release notes. */
function describeCommand({ id, args, flags }: Command.Loadable): readonly string[] {
  const operands = Object.values(args).map(({ name, multiple, required }) => {
    const word = `${name.toUpperCase()}${multiple === true ? '...' : ''}`;
    return required === true ? word : `[${word}]`;
  });
  const options = Object.values(flags).map((flag) => {
    const char = flag.char === undefined ? '' : `-${flag.char}, `;
    if (flag.type === 'boolean') return `  ${char}--${flag.allowNo ? '[no-]' : ''}${flag.name}`;
    const value = flag.options === undefined ? 'VALUE' : flag.options.join('|');
    return `  ${char}--${flag.name} ${value}${flag.multiple === true ? ' (repeatable)' : ''}`;
  });
  return [[id.replaceAll(':', ' '), ...operands].join(' '), ...options.sort()];
}

it('the commands and their flags', { timeout: 120_000 }, async () => {
  await using cli = await childCli();
  const config = await Config.load({ root: cli.root, userPlugins: false });
  const commands = [...config.commands].sort((a, b) => (a.id < b.id ? -1 : 1));
  expect(commands.flatMap(describeCommand).join('\n')).toMatchSnapshot();
  // As help would show it: `[default: ]`.
  const tellsNothing = commands.filter(({ args }) => Object.values(args).some((arg) => String(arg.default) === ''));
  expect(tellsNothing.map(({ id }) => id)).toEqual([]);
});
