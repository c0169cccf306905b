import type { OperationContext } from '../../operations/access/context.js';
import { hostMeant } from '../../operations/access/host-meant.js';
import type { CommandIo } from '../command-io.js';
import type { FlagDeclarations, FlagValues } from '../flag-declaration.js';

/** One call of a light command. */
export interface LightCall<F extends FlagDeclarations> {
  /** The hosts that were named; the one that is meant when the command takes names and none was given. */
  readonly names: readonly string[];
  readonly flags: FlagValues<F>;
  readonly context: OperationContext;
  readonly io: CommandIo;
  /** The result is printed as it is: `render` is not called. */
  readonly json: boolean;
}

/**
 * A command that runs in prompts and scripts, where start-up counts. It is written once, as data and two functions;
 * `oclifCommand` makes the oclif class of it, `runLight` runs it without loading oclif. It only reads, so that
 * whatever the quick way does not understand can be started again the usual way.
 */
export interface LightCommand<F extends FlagDeclarations = FlagDeclarations, Result = unknown> {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly examples: readonly string[];
  /** Absent: it takes no names. */
  readonly names?: {
    readonly description: string;
    readonly many: boolean;
    /** false: they are no hosts, and none given is none. */
    readonly hosts?: false;
  };
  readonly flags: F;
  /** false for these names, as they were given: it needs what only oclif has. */
  isQuick?(names: readonly string[]): boolean;
  run(call: LightCall<F>): Promise<Result>;
  /** The result as text for stdout; `--json` prints the result itself. */
  render(result: Result, call: LightCall<F>): string;
}

/** Types a light command by its own flags. */
export function lightCommand<const F extends FlagDeclarations, Result>(
  command: LightCommand<F, Result>,
): LightCommand<F, Result> {
  return command;
}

/** The names to work on; where none is given, the host that is meant. */
export const namesOf = async (
  command: Pick<LightCommand, 'names'>,
  given: readonly string[],
  { store }: Pick<OperationContext, 'store'>,
): Promise<readonly string[]> =>
  command.names === undefined || command.names.hosts === false || given.length > 0 ? given : [await hostMeant(store)];
