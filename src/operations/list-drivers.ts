import { withDeadline } from '../lib/abort.js';
import { messageOf } from '../lib/errors.js';
import type { DriverCapabilities, DriverDeclaration, OptionDeclarations, Problem } from '../drivers/driver.js';
import { driverContext } from './choose-driver.js';
import type { OperationContext } from './context.js';

export interface DriverRow {
  readonly name: string;
  readonly description: string;
  readonly capabilities: DriverCapabilities;
  /** By name as in `create`'s flags, without the driver's name before it. */
  readonly options: OptionDeclarations;
  /** It can make hosts on this machine now. */
  readonly available: boolean;
  /** What its check said, one line each. */
  readonly found: readonly string[];
}

export interface DriverListResult {
  readonly drivers: readonly DriverRow[];
}

/** All drivers, best first, each checked with its default options. A driver that fails is a row with its reason. */
export async function listDrivers(
  context: OperationContext,
  options: { readonly timeoutMs: number },
): Promise<DriverListResult> {
  const declarations = [...context.drivers.declarations].sort((a, b) => b.preference - a.preference);
  return {
    drivers: await Promise.all(declarations.map((declaration) => driverRow(context, declaration, options.timeoutMs))),
  };
}

async function driverRow(
  context: OperationContext,
  { name, description, capabilities, options }: DriverDeclaration,
  timeoutMs: number,
): Promise<DriverRow> {
  const row = { name, description, capabilities, options };
  const what = `the driver ${name} to look whether hosts can be made here`;
  try {
    const problems = await withDeadline({ timeoutMs, what, signal: context.signal }, (signal) =>
      check(context, name, signal),
    );
    const available = !problems.some((problem) => problem.severity === 'error');
    return { ...row, available, found: problems.map((problem) => problem.message) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { ...row, available: false, found: [messageOf(error)] };
  }
}

async function check(context: OperationContext, name: string, signal: AbortSignal): Promise<readonly Problem[]> {
  const driver = await context.drivers.get(name);
  const options = context.drivers.options(name, {}, context.env);
  return driver.check(driverContext(context, driver, options, { signal, log: () => undefined }), []);
}
