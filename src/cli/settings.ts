import { readFile } from 'node:fs/promises';
import { codeOf, messageOf, usageError } from '../lib/errors.js';
import { configFile } from '../lib/home-folder.js';
import type { CommandIo } from './command-io.js';

/** The user's settings. */
export interface Settings {
  readonly path: string;
  /** Driver of new hosts, when neither `--driver` nor SWARMUP_DRIVER names one. */
  readonly driver?: string;
}

/** Reads the settings file (JSON), which need not exist. Errors: CONFIG_INVALID (exit 2). */
export async function readSettings(io: Pick<CommandIo, 'env' | 'platform'>): Promise<Settings> {
  const path = configFile(io.env, io.platform);
  const value = await readJson(path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'it is no JSON object');
  const { driver, ...unknown } = value as Readonly<Record<string, unknown>>;
  const [key] = Object.keys(unknown);
  if (key !== undefined) throw invalid(path, `there is no setting ${JSON.stringify(key)}, only "driver"`);
  if (driver === undefined) return { path };
  if (typeof driver !== 'string') throw invalid(path, '"driver" must be the name of a driver');
  return { path, driver };
}

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
