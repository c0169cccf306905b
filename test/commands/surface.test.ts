import type { Command } from '@oclif/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandGroups, synonyms } from '../../src/cli/command-groups.js';
import { builtInDrivers } from '../../src/drivers/built-in.js';
import { type ChildCli, childCli } from '../support/child-cli.js';
import { loadedCommands } from '../docs/loaded-commands.js';

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

/** They change neither a host nor a swarm. */
const onlyLook =
  'active, agent logs, agent status, aws check, aws policy, completion, config, config get, config ls, context ls, ' +
  'driver ls, env, events, forward, image ls, inspect, ip, logs, ls, network inspect, network ls, node inspect, ' +
  'node ps, plan, replicas history, replicas ls, service logs, service ls, service ps, snapshot ls, stack ls, ' +
  'stack ps, stack services, status, swarm status, url, version';

/** What others change without `--dry-run`, and why that is right. */
const withoutDryRun: Readonly<Record<string, string>> = {
  'aws orphans': 'shows what it would delete, unless --delete is given',
  'config set': 'a default of this computer',
  'config unset': 'a default of this computer',
  'driver add': 'a package on this computer',
  'driver rm': 'a package on this computer',
  exec: 'what the user types is what happens',
  export: 'reads the store; a file on this computer',
  'image import': 'a file on this computer',
  'image pull': 'a file on this computer',
  'image rm': 'a file on this computer',
  init: 'a file on this computer',
  ssh: 'what the user types is what happens',
  'swarm backup': 'copies from a host; a file on this computer',
};

/** They print rows. */
const lists =
  'config ls, context ls, driver ls, image ls, ls, network ls, node ls, node ps, orphans, replicas history, replicas ls, service ls, ' +
  'service ps, snapshot ls, stack ls, stack ps, stack services';

/** What they take away is not to be had again by another command: they ask first. */
const destroying =
  'destroy, network rm, node rm, regenerate-certs, rm, service rm, snapshot restore, snapshot rm, stack rm, ' +
  'swarm leave, swarm recover, swarm restore';

let cli: ChildCli;
let commands: readonly Command.Loadable[];
beforeAll(async () => {
  cli = await childCli();
  commands = await loadedCommands(cli.root);
}, 120_000);
afterAll(() => cli[Symbol.asyncDispose]());

it('whatever changes a host or a swarm has --dry-run', () => {
  const exempt = [...onlyLook.split(', '), ...Object.keys(withoutDryRun)];
  const known = commands.map(({ id }) => id.replaceAll(':', ' '));
  expect(exempt.filter((name) => !known.includes(name))).toEqual([]);
  const without = commands
    .filter(({ flags }) => flags['dry-run'] === undefined)
    .map(({ id }) => id.replaceAll(':', ' '));
  expect(without.filter((name) => !exempt.includes(name))).toEqual([]);
});

const flagsOf = (name: string): Command.Loadable['flags'] =>
  commands.find(({ id }) => id === name.replaceAll(' ', ':'))?.flags ?? expect.fail(`there is no command ${name}`);

it.each(lists.split(', '))('%s has the flags of a list', (name) => {
  const { quiet, filter, format } = flagsOf(name);
  expect([quiet?.char, filter?.type, format?.type]).toEqual(['q', 'option', 'option']);
});

it('whatever is called ls is a list', () => {
  const called = commands.map(({ id }) => id.replaceAll(':', ' ')).filter((name) => / ?ls$/.test(name));
  expect(called.filter((name) => !lists.split(', ').includes(name))).toEqual([]);
});

it.each(destroying.split(', '))('%s asks, unless -y says not to', (name) => {
  expect(flagsOf(name)['yes']?.char).toBe('y');
});

it('-f is --follow, --file of a lab, or --force of rm', () => {
  const meant = commands.flatMap(({ id, flags }) =>
    Object.values(flags).flatMap(({ name, char }) => (char === 'f' ? [`${id} --${name}`] : [])),
  );
  expect(meant.filter((flag) => !/ --(follow|file)$/.test(flag))).toEqual(['rm --force']);
});

it('the help shows every command once, by what a person wants to do', () => {
  const words = commandGroups.flatMap(({ words }) => words);
  expect(words.toSorted()).toEqual([...new Set(words)].toSorted());
  const driverWords = builtInDrivers.flatMap(({ declaration }) => (declaration.commands ? [declaration.name] : []));
  const there = new Set(commands.map(({ id }) => id.split(':')[0] ?? ''));
  expect([...words, ...driverWords].toSorted()).toEqual([...there].toSorted());
  const ids = commands.map(({ id }) => id.replaceAll(':', ' '));
  expect(Object.values(synonyms).filter((name) => !ids.includes(name))).toEqual([]);
});

it('every command is of the kind that its flags promise; those of drivers have none', () => {
  const of = (kind: string): readonly string[] =>
    commands.filter((command) => (command as { kind?: string }).kind === kind).map(({ id }) => id.replaceAll(':', ' '));
  expect(of('lists')).toEqual(lists.split(', ').toSorted());
  // `up` asks only when the manifest takes something away.
  expect(of('destroys').filter((name) => name !== 'up')).toEqual(destroying.split(', ').toSorted());
  expect(of('shows').filter((name) => !onlyLook.split(', ').includes(name))).toEqual([]);
  const unplanned = Object.keys(withoutDryRun).filter((name) => !['aws orphans', 'exec'].includes(name));
  const reasons = commands.filter((command) => (command as { because?: string }).because !== undefined);
  expect(reasons.map(({ id }) => id.replaceAll(':', ' '))).toEqual(unplanned.toSorted());
});

it('every command has --json, but those that pass on what others say', () => {
  expect(commands.filter(({ flags }) => flags['json'] === undefined).map(({ id }) => id)).toEqual(['forward', 'ssh']);
});

it('the commands and their flags', () => {
  expect(commands.flatMap(describeCommand).join('\n')).toMatchSnapshot();
  // As help would show it: `[default: ]`.
  const tellsNothing = commands.filter(({ args }) => Object.values(args).some((arg) => String(arg.default) === ''));
  expect(tellsNothing.map(({ id }) => id)).toEqual([]);
});
