import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { check, exactOptional, pipe, regex, string, type InferOutput } from 'valibot';
import { makeFolder } from '../lib/make-folder.js';
import { networkOf } from '../lib/cidr.js';
import { codeOf, messageOf, type SwarmupErrorOptions, usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import { listed, meantText } from '../lib/faults.js';
import { settingsFiles } from '../lib/home-folder.js';
import { checkJson, parseJson } from '../lib/json-files.js';
import { strictObject } from '../lib/map-schema.js';
import { nearest } from '../lib/nearest.js';
import { checkValue } from '../lib/schema-faults.js';
import { swarmup } from '../lib/typed-command.js';
import { writeFailure, writeFileAtomic } from '../machine/atomic-file.js';
import type { CommandIo } from './command-io.js';
import { type SettingKey, settingKeys, settingTexts, settingVariables } from './setting-texts.js';

const mustBe =
  (what: string) =>
  ({ input }: { readonly input: string }): string =>
    `it must be ${what}, but is ${JSON.stringify(input)}`;

const schema = strictObject({
  // Whether there is such a driver is asked where it is set and where it is used: plugins come and go.
  driver: exactOptional(pipe(string(), regex(/^[a-z][a-z0-9-]*$/, mustBe('the name of a driver, for example docker')))),
  'engine-version': exactOptional(
    pipe(string(), regex(/^\d[\w.:~+-]*$/, mustBe('a version of Docker Engine, for example 24.0'))),
  ),
  'default-addr-pool': exactOptional(pipe(string(), check(isNetwork, mustBe('a network, for example 10.20.0.0/16')))),
} satisfies Record<SettingKey, unknown>);

function isNetwork(text: string): boolean {
  try {
    networkOf(text);
    return true;
  } catch {
    return false;
  }
}

/** The user's settings. */
export interface Settings extends InferOutput<typeof schema> {
  /** The file that they are in, which need not exist. */
  readonly path: string;
}

/** A setting as it counts: from where its value comes. */
export interface SettingInForce {
  readonly setting: SettingKey;
  /** null: what swarmup does by itself. */
  readonly value: string | null;
  readonly source: 'default' | 'file' | 'environment';
  /** The environment variable that it comes from. */
  readonly variable?: string;
  readonly description: string;
}

type Place = Pick<CommandIo, 'env' | 'platform'>;

/**
 * Reads the settings file (JSON), which need not exist. A home without one has the settings of the place where earlier
 * versions kept them. Errors: CONFIG_INVALID (exit 2) with the place of everything that is wrong.
 */
export async function readSettings(io: Place): Promise<Settings> {
  const [path, ...former] = settingsFiles(io.env, io.platform);
  for (const file of [path, ...former]) {
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const source = { path: file, text, code: invalidCode, error: invalidOptions };
    return { path: file, ...checkJson(source, parseJson(source), schema) };
  }
  return { path };
}

/** Every setting with the value that counts. Errors: CONFIG_INVALID (exit 2). */
export async function settingsInForce(io: Place): Promise<{ path: string; settings: readonly SettingInForce[] }> {
  const { path, ...values } = await readSettings(io);
  const settings = settingKeys.map((setting): SettingInForce => {
    const variable = settingVariables[setting] ?? '';
    const fromVariable = io.env[variable] ?? '';
    const about = { setting, description: settingTexts[setting] };
    if (fromVariable !== '') return { ...about, value: fromVariable, source: 'environment', variable };
    const value = values[setting];
    return value === undefined ? { ...about, value: null, source: 'default' } : { ...about, value, source: 'file' };
  });
  return { path, settings };
}

/**
 * Sets a setting, or takes it out (undefined); the file and its folder are made where they are missing. Returns the
 * file that the settings were in before, when that was another one: it is left as it is, and not read any more.
 * Errors: CONFIG_INVALID, SETTING_INVALID (exit 2), STORE_WRITE_FAILED.
 */
export async function writeSetting(io: Place, key: SettingKey, value: string | undefined): Promise<string | undefined> {
  const { path: before, ...values } = await readSettings(io);
  const next = { ...values, [key]: value };
  const [path] = settingsFiles(io.env, io.platform);
  const checked = checkValue(schema, value === undefined ? {} : { [key]: value });
  if ('faults' in checked)
    throw usageError(
      'SETTING_INVALID',
      `${key}: ${checked.faults[0].message}`,
      `${swarmup`config unset ${key}`} takes it out`,
    );
  await makeFolder(dirname(path), 0o700).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  await writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
  return before === path ? undefined : before;
}

/** Errors: SETTING_UNKNOWN (exit 2) with the nearest. */
export function requireKey(key: string): SettingKey {
  if (isKey(key)) return key;
  const meant = nearest(key, settingKeys).map((name) => `did you mean ${name}?`);
  throw usageError('SETTING_UNKNOWN', `there is no setting ${JSON.stringify(key)}`, ...meant, swarmup`config ls`);
}

/** Errors: SETTING_INVALID (exit 2): there is no such driver. */
export function requireDriver(name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const is = `but is ${JSON.stringify(name)}${meantText(nearest(name, known))}`;
  throw usageError('SETTING_INVALID', `driver: it must be ${listed(known)}, ${is}`, `${swarmup`driver ls`} shows them`);
}

const isKey = (key: string): key is SettingKey => Object.hasOwn(settingTexts, key);

const invalidCode = 'CONFIG_INVALID';
const invalidOptions: SwarmupErrorOptions = {
  exitCode: exitCodes.usage,
  hints: ['the settings are, for example, {"driver": "docker"}'],
};

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw usageError(invalidCode, `the settings in ${path} cannot be read: ${messageOf(error)}`);
  }
}
