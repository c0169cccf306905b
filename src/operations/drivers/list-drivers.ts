import { withDeadline } from '../../lib/abort.js';
import { messageOf } from '../../lib/errors.js';
import type { DriverCapabilities, DriverDeclaration, OptionDeclarations, Problem } from '../../drivers/driver.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

export interface DriverRow {
  readonly name: string;
  readonly description: string;
  readonly capabilities: DriverCapabilities;
  /** By name as in `create`'s flags, without the driver's name before it. */
  readonly options: OptionDeclarations;
  /** It can make hosts on this machine now. */
  readonly available: boolean;
  /** The results of its check, one line each. */
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
  const names = [...declarations.map(({ name }) => name), ...(await context.drivers.found())];
  return { drivers: await Promise.all(names.map((name) => driverRow(context, name, options.timeoutMs))) };
}

async function driverRow(context: OperationContext, name: string, timeoutMs: number): Promise<DriverRow> {
  let row: Omit<DriverRow, 'available' | 'found'> = { name, ...unknown };
  const what = `the driver ${name} to check whether it can make hosts on this computer`;
  try {
    const problems = await withDeadline({ timeoutMs, what, signal: context.signal }, async (signal) => {
      const { description, capabilities, options } = await context.drivers.describe(name);
      row = { name, description, capabilities, options };
      return check(context, name, signal);
    });
    const available = !problems.some((problem) => problem.severity === 'error');
    return { ...row, available, found: problems.map((problem) => problem.message) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { ...row, available: false, found: [messageOf(error)] };
  }
}

/** Of a driver that cannot even be asked. */
const unknown: Pick<DriverDeclaration, 'description' | 'capabilities' | 'options'> = {
  description: '',
  capabilities: { power: false, snapshots: false, injectsHostKey: false, stableAddresses: false },
  options: {},
};

async function check(context: OperationContext, name: string, signal: AbortSignal): Promise<readonly Problem[]> {
  const driver = await context.drivers.get(name);
  const options = await context.drivers.options(name, {}, context.env);
  return driver.check(driverContext(context, driver, options, { signal, log: () => undefined }), []);
}
