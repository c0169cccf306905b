import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, messageOf, usageError } from '../lib/errors.js';
import { configFile } from '../lib/home-folder.js';
import { nearest } from '../lib/nearest.js';
import { writeFailure, writeFileAtomic } from '../machine/atomic-file.js';
import type { CommandIo } from './command-io.js';

/** What a user may set, all texts, and what it is for; each is the default of the flag of `create` of that name. */
export const settingTexts = {
  driver: 'driver of new hosts, when neither --driver nor SWARMUP_DRIVER names one',
  'engine-version': 'Docker Engine to install on new hosts',
  'default-addr-pool': 'subnets for overlay networks of a new swarm',
} as const;

type SettingKey = keyof typeof settingTexts;

type Values = Readonly<Partial<Record<SettingKey, string>>>;

/** The user's settings. */
export interface Settings extends Values {
  /** The file that they are in, which need not exist. */
  readonly path: string;
}

type Place = Pick<CommandIo, 'env' | 'platform'>;

export const settingKeys = Object.keys(settingTexts) as readonly SettingKey[];

/** Reads the settings file (JSON), which need not exist. Errors: CONFIG_INVALID (exit 2). */
export async function readSettings(io: Place): Promise<Settings> {
  const path = configFile(io.env, io.platform);
  const value = await readJson(path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'it is no JSON object');
  for (const [key, set] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (!isKey(key)) throw invalid(path, `there is no setting ${JSON.stringify(key)}, only ${settingKeys.join(', ')}`);
    if (typeof set !== 'string' || set === '') throw invalid(path, `"${key}" must be a text`);
  }
  return { path, ...(value as Values) };
}

/**
 * Sets a setting, or takes it out (undefined); the file and its folder are made where they are missing.
 * Errors: CONFIG_INVALID, SETTING_INVALID (exit 2), STORE_WRITE_FAILED.
 */
export async function writeSetting(io: Place, key: SettingKey, value: string | undefined): Promise<void> {
  if (value === '')
    throw usageError('SETTING_INVALID', `${key} must not be empty`, `swarmup config unset ${key} takes it out`);
  const { path, ...values } = await readSettings(io);
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw writeFailure(path, error);
  });
  await writeFileAtomic(path, `${JSON.stringify({ ...values, [key]: value }, null, 2)}\n`);
}

/** Errors: SETTING_UNKNOWN (exit 2) with the nearest. */
export function requireKey(key: string): SettingKey {
  if (isKey(key)) return key;
  const meant = nearest(key, settingKeys).map((name) => `did you mean ${name}?`);
  throw usageError('SETTING_UNKNOWN', `there is no setting ${JSON.stringify(key)}`, ...meant, 'swarmup config ls');
}

const isKey = (key: string): key is SettingKey => Object.hasOwn(settingTexts, key);

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw invalid(path, messageOf(error));
  }
}

function invalid(path: string, why: string): Error {
  return usageError(
    'CONFIG_INVALID',
    `the settings in ${path} cannot be used: ${why}`,
    'for example {"driver": "docker"}',
  );
}
