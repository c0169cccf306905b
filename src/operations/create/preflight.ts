import type { Problem } from '../../drivers/driver.js';
import type { OperationContext } from '../access/context.js';
import { driverContext, preflightError } from '../access/driver-context.js';
import type { ChosenGroup } from './choose-driver.js';
import type { CreatePreparation } from './prepare-create.js';

/** What a driver says about the hosts that it is to make. */
export interface Preflight {
  readonly warnings: readonly string[];
  /** The changes of this computer that the user agreed to, and that must be made before anything else. */
  readonly fixes: readonly Fix[];
}

interface Fix {
  /** In the imperative: `raise fs.inotify.max_user_instances from 128 to 1024`. */
  readonly does: string;
  readonly make: () => Promise<void>;
}

/**
 * The driver's own check, only if there is something to make. `fix`: whether the user agrees to changes of this
 * computer; undefined: the user was not asked. Errors: those of the check (exit 3) that are not fixed.
 */
export async function preflight(
  context: OperationContext,
  { group, chosen: { driver, options } }: ChosenGroup,
  { hosts }: CreatePreparation,
  fix: boolean | undefined,
): Promise<Preflight> {
  const wanted = hosts
    .map(({ record }) => record)
    .filter(({ phase, name }) => phase === 'creating' && group.names.includes(name));
  if (wanted.length === 0) return { warnings: [], fixes: [] };
  const own = driverContext(context, driver, options);
  const problems = await driver.check(
    own,
    wanted.map(({ name }) => name),
    wanted.filter(({ role }) => role === 'manager').map(({ name }) => name),
  );
  const fixes = fix === true ? problems.flatMap((problem) => fixOf(problem)) : [];
  const open = problems.filter((problem) => fix !== true || fixOf(problem).length === 0);
  const of = (severity: Problem['severity']): readonly Problem[] => open.filter((p) => p.severity === severity);
  if (of('error').length > 0) throw preflightError(of('error').map(withHint));
  return { warnings: of('warning').map((problem) => [problem.message, ...problem.hints].join('; ')), fixes };

  function fixOf(problem: Problem): readonly Fix[] {
    if (problem.fix === undefined || driver.fix === undefined) return [];
    return [{ does: problem.fix.does, make: async () => driver.fix?.(own, problem) }];
  }

  function withHint(problem: Problem): Problem {
    const does = fix === false ? fixOf(problem).map((found) => `add --fix to ${found.does}`) : [];
    return { ...problem, hints: [...problem.hints, ...does] };
  }
}
