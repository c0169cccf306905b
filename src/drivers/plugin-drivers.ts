import { messageOf } from '../lib/errors.js';
import type { Driver, DriverDeclaration } from './driver.js';
import type { DriverEntry } from './registry.js';

/** The answer of a plugin that was asked for drivers: a list of entries or of whole drivers, or its failure. */
export interface PluginAnswer {
  readonly plugin: string;
  readonly drivers?: unknown;
  readonly error?: unknown;
}

const verbs = ['check', 'create', 'inspect', 'start', 'stop', 'remove'] as const;

/**
 * Adds the drivers of plugins to others. Unusable drivers are left out with a warning, so that a broken plugin does not
 * affect the other drivers. If several drivers have the same name, the first one is used.
 */
export function addPluginDrivers(
  entries: readonly DriverEntry[],
  answers: readonly PluginAnswer[],
): { readonly entries: readonly DriverEntry[]; readonly warnings: readonly string[] } {
  const all = [...entries];
  const warnings: string[] = [];
  for (const { plugin, drivers, error } of answers) {
    if (error !== undefined) warnings.push(`the plugin ${plugin} failed to load its drivers: ${messageOf(error)}`);
    else if (!Array.isArray(drivers)) warnings.push(`the plugin ${plugin} did not return a list of drivers`);
    else
      for (const given of drivers as readonly unknown[]) {
        const entry = readEntry(given);
        const problem = typeof entry === 'string' ? entry : duplicateOf(entry, all);
        if (typeof entry !== 'string' && problem === undefined) all.push(entry);
        else warnings.push(`a driver of the plugin ${plugin} cannot be used: ${String(problem)}`);
      }
  }
  return { entries: all, warnings };
}

/** The entry, or what is wrong with it. */
function readEntry(given: unknown): DriverEntry | string {
  if (!isObject(given)) return 'it is not an object';
  const lazy = 'declaration' in given;
  const declaration = lazy ? given['declaration'] : given;
  const wrong = isObject(declaration) ? wrongIn(declaration) : 'its declaration is not an object';
  if (wrong !== undefined) return wrong;
  if (lazy) return typeof given['load'] === 'function' ? (given as unknown as DriverEntry) : 'it has no load function';
  const missing = verbs.find((verb) => typeof given[verb] !== 'function');
  if (missing !== undefined) return `it has no ${missing} function`;
  const driver = given as unknown as Driver;
  if (driver.commands !== undefined && typeof driver.runCommand !== 'function')
    return 'it declares commands but has no runCommand function';
  return { declaration: driver, load: () => Promise.resolve(driver) };
}

function wrongIn(declaration: Readonly<Record<string, unknown>>): string | undefined {
  const { apiVersion, name, description, options, capabilities, preference, commands } = declaration;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]*$/.test(name)) return 'it has no name in lower-case letters';
  if (apiVersion !== 1) return `'${name}' is made for version ${String(apiVersion)} of the driver interface, not 1`;
  const parts: readonly [string, boolean][] = [
    ['description', typeof description === 'string'],
    ['options', isObject(options) && Object.values(options).every((option) => isObject(option) && 'type' in option)],
    ['capabilities', isObject(capabilities)],
    ['preference', typeof preference === 'number'],
    ['commands', commands === undefined || areCommands(commands)],
  ];
  const bad = parts.find(([, good]) => !good)?.[0];
  return bad === undefined ? undefined : `'${name}' declares an invalid value for ${bad}`;
}

function areCommands(commands: unknown): boolean {
  if (!isObject(commands) || typeof commands['about'] !== 'string' || !Array.isArray(commands['list'])) return false;
  return (commands['list'] as readonly unknown[]).every(
    (command) =>
      isObject(command) &&
      typeof command['name'] === 'string' &&
      /^[a-z][a-z0-9-]*$/.test(command['name']) &&
      typeof command['summary'] === 'string',
  );
}

function duplicateOf(
  { declaration }: { declaration: DriverDeclaration },
  all: readonly DriverEntry[],
): string | undefined {
  const taken = all.some((entry) => entry.declaration.name === declaration.name);
  return taken ? `a driver named '${declaration.name}' exists already` : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
