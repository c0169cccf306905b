import type { Finding, FixId } from '../../doctor/finding.js';
import { fixHost } from '../../doctor/fix-host.js';
import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { Plan } from '../../plan/plan.js';
import type { Step } from '../../plan/step.js';
import type { Runner } from '../../ssh/runner.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';

/** The result of one fix on one host. */
export interface FixOutcome {
  readonly host: string;
  readonly fix: FixId;
  readonly status: 'fixed' | 'would-fix' | 'failed';
  readonly error?: ErrorJson;
}

/** Applies the fixes of the findings that carry no risk, each fix once for each host; a failure is an outcome. */
export function fixFindings(
  context: OperationContext,
  findings: readonly Finding[],
  runners: ReadonlyMap<string, Runner>,
  dryRun: boolean,
): Promise<readonly FixOutcome[]> {
  const steps = new Map(
    findings
      .flatMap(({ fixable, hosts }) => (fixable === undefined ? [] : hosts.map((host) => ({ host, fix: fixable }))))
      .map((wanted) => [`${wanted.host}/${wanted.fix}`, { ...wanted, ...fixStep(wanted, runners.get(wanted.host)) }]),
  );
  const plan: Plan<readonly FixOutcome[]> = {
    steps: [...steps.values()],
    result: (outcome) => {
      context.signal.throwIfAborted();
      return [...steps.values()].map(({ id, host, fix }) => {
        const found = outcome.get(id);
        if (found?.status === 'failed') return { host, fix, status: 'failed', error: errorJson(found.error) };
        return { host, fix, status: dryRun || found?.status !== 'changed' ? 'would-fix' : 'fixed' };
      });
    },
  };
  return carryOut(context, { plan: () => plan }, { dryRun });
}

/** Without a runner the host could not be looked at either: it is left as it is. */
const fixStep = ({ host, fix }: { readonly host: string; readonly fix: FixId }, runner: Runner | undefined): Step => ({
  id: `${host}/${fix}`,
  host,
  title: `fix: ${fix}`,
  needs: [],
  timeoutMs: 10 * 60_000,
  run: async ({ signal }) => {
    if (runner === undefined) return 'unchanged';
    await fixHost(runner, fix, signal);
    return 'changed';
  },
});
