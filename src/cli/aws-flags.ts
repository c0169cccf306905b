import { awsDeclaration } from '../drivers/aws/declaration.js';
import type { OptionDeclarations, OptionValues } from '../drivers/driver.js';
import { optionFlag, readOptions } from '../drivers/option-values.js';
import type { CommandIo } from './command-io.js';
import { driverFlags } from './oclif-flags.js';

const all: OptionDeclarations = awsDeclaration.options;
const account = ['region', 'profile', 'endpoint-url'];
const accountOptions = Object.fromEntries(Object.entries(all).filter(([name]) => account.includes(name)));

/** Flags of commands that look into an account. */
export const awsAccountFlags = driverFlags([{ ...awsDeclaration, options: accountOptions }]);
/** Those, and all others of the driver: for what asks about the very hosts. */
export const awsHostFlags = driverFlags([awsDeclaration]);

/** Checked, with what the environment names, as `create` reads them. Errors: OPTION_INVALID (exit 2). */
export function awsFlagOptions(flags: Readonly<Record<string, unknown>>, io: CommandIo): OptionValues {
  const given = Object.entries(all).flatMap(([name, declaration]) => {
    const value = flags[optionFlag(awsDeclaration.name, name, declaration)];
    return value === undefined ? [] : [[name, value] as const];
  });
  return readOptions(awsDeclaration, Object.fromEntries(given), io.env);
}
