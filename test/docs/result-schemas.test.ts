import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { machineRecord } from '../machine/machine-record.js';
import { writeClientFiles } from '../support/client-files.js';
import { childCli, type ChildCli } from '../support/child-cli.js';
import { resultSchemas } from './result-schemas.js';

const root = join(import.meta.dirname, '..', '..');
const published = JSON.parse(readFileSync(join(root, 'schema', 'results.schema.json'), 'utf8')) as {
  readonly properties: Readonly<Record<string, object>>;
  readonly definitions: object;
};

it('schema/results.schema.json is made of the types of results: npm run docs:schemas', { timeout: 240_000 }, () => {
  expect(published).toEqual(JSON.parse(JSON.stringify(resultSchemas())));
});

it('every command that prints a result has its schema', () => {
  const commands = readdirSync(join(root, 'src', 'commands'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ' '));
  // A script, a shell, and what goes on until Ctrl-C.
  const without = ['completion', 'forward', 'ssh'];
  expect(Object.keys(published.properties).sort()).toEqual(commands.filter((id) => !without.includes(id)).sort());
});

/** A key that the types do not have is as wrong here as one that is missing; a reader must bear with new ones. */
const closed = (schema: unknown): unknown => {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  return 'properties' in parts && parts['type'] === 'object' ? { additionalProperties: false, ...parts } : parts;
};

describe('what commands print is as their schema says', { timeout: 60_000 }, () => {
  let cli: ChildCli;
  beforeAll(async () => {
    cli = await childCli();
    const engine = { url: 'tcp://127.0.0.1:1', certPath: 'certs' };
    const endpoint = { host: '127.0.0.1', port: 1, user: 'root', hostKey: 'ssh-ed25519 AAAA' };
    await cli.store.add(machineRecord('on1', { driver: 'generic', phase: 'ready', endpoint, engine }));
    await writeClientFiles(cli.store.home);
    await cli.store.add(machineRecord('half1', { driver: 'generic', phase: 'creating' }));
  }, 120_000);
  afterAll(() => cli[Symbol.asyncDispose]());

  const ajv = new Ajv({ schemas: [{ $id: 'results', definitions: closed(published.definitions) as object }] });
  const faults = (schema: object, value: unknown): unknown => {
    const check = ajv.compile(JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"results#/')) as object);
    return check(value) === true ? [] : check.errors;
  };

  it.each([
    ['ls', ''],
    ['config ls', ''],
    ['config set', 'driver generic'],
    ['config get', 'driver'],
    ['driver ls', ''],
    ['url', 'on1'],
    ['env', 'on1'],
    ['config', 'on1'],
    ['version', ''],
    ['stop', 'on1 half1'],
    ['rm', 'on1 half1 --dry-run'],
  ])('swarmup %s %s', async (command, more) => {
    const { stdout } = await cli.run([...`${command} ${more}`.trim().split(' '), '--json']);
    expect(faults(published.properties[command] ?? {}, JSON.parse(stdout))).toEqual([]);
  });

  it.each(['ls --nope', 'inspect nobody', 'config set drivr x', 'ip half1'])(
    'the failure of swarmup %s',
    async (line) => {
      const { stdout } = await cli.run([...line.split(' '), '--json']);
      expect(faults({ $ref: '#/definitions/Failure' }, JSON.parse(stdout))).toEqual([]);
    },
  );

  it('and what is not, is told', () => {
    expect(faults(published.properties['config get'] ?? {}, { setting: 'driver' })).not.toEqual([]);
    expect(faults(published.properties['ls'] ?? {}, { hosts: [{ name: 'a' }] })).not.toEqual([]);
    expect(faults(published.properties['config get'] ?? {}, { setting: 'a', value: null, more: 1 })).not.toEqual([]);
  });
});
