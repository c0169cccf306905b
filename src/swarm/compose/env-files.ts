import { isAbsolute, join } from 'node:path';
import { messageOf } from '../../lib/errors.js';
import type { ComposeService } from './service-keys.js';
import type { Place } from './shape.js';

type Env = Readonly<Record<string, string | undefined>>;
type Variables = Readonly<Record<string, string | null>>;
type Services = Readonly<Record<string, ComposeService>>;

interface Reading {
  readonly env: Env;
  readonly folder: string;
  readonly readText: (path: string) => Promise<string>;
}

/**
 * Services with the variables of their `env_file` in their environment, below those that stand there. A variable without
 * a value gets that of the environment here. Errors: COMPOSE_INVALID (exit 2).
 */
export async function withEnvFiles(services: Services, at: Place, reading: Reading): Promise<Services> {
  const read = Object.entries(services).map(async ([name, { env_file: files = [], ...service }]) => {
    let environment: Variables = {};
    for (const file of files) {
      const path = isAbsolute(file) ? file : join(reading.folder, file);
      environment = { ...environment, ...(await variablesOf(path, at.at(name).at('env_file'), reading)) };
    }
    const all = { ...fromHere(environment, reading.env), ...fromHere(service.environment ?? {}, reading.env) };
    return [name, { ...service, ...(Object.keys(all).length > 0 && { environment: all }) }] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** A variable without a value, or with an empty one, gets its value from the environment here. */
const fromHere = (variables: Variables, env: Env): Variables =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, (value ?? '') === '' ? (env[name] ?? value) : value]),
  );

/**
 * `KEY=VALUE` on each line, taken literally: no quotes, no variables. `KEY` alone gets its value from the environment,
 * or is left out.
 */
async function variablesOf(path: string, at: Place, { env, readText }: Reading): Promise<Variables> {
  const text = await readText(path).catch((error: unknown) =>
    at.fail(`the file ${path} cannot be read: ${messageOf(error)}`),
  );
  const found: Record<string, string> = {};
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const end = line.indexOf('=');
    const name = end === -1 ? line : line.slice(0, end);
    if (name === '' || /[ \t]/.test(name))
      at.fail(`${path}:${String(i + 1)}: '${name}' is not a valid name for a variable`);
    const value = end === -1 ? env[name] : line.slice(end + 1);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
