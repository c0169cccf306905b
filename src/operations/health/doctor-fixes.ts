import type { Finding, FixId } from '../../doctor/finding.js';
import { fixHost } from '../../doctor/fix-host.js';
import { errorJson } from '../../lib/error-json.js';
import type { ErrorJson } from '../../lib/errors.js';
import type { Runner } from '../../ssh/runner.js';
import type { OperationContext } from '../access/context.js';

/** What became of one fix on one host. */
export interface FixOutcome {
  readonly host: string;
  readonly fix: FixId;
  readonly status: 'fixed' | 'would-fix' | 'failed';
  readonly error?: ErrorJson;
}

/** Does what can be done without a risk about the findings, each thing once a host; a failure is an outcome. */
export async function fixFindings(
  { signal }: OperationContext,
  findings: readonly Finding[],
  runners: ReadonlyMap<string, Runner>,
  dryRun: boolean,
): Promise<readonly FixOutcome[]> {
  const wanted = new Map(
    findings.flatMap(({ fixable, hosts }) =>
      fixable === undefined ? [] : hosts.map((host) => [`${host} ${fixable}`, { host, fix: fixable }] as const),
    ),
  );
  return Promise.all(
    [...wanted.values()].map(async ({ host, fix }): Promise<FixOutcome> => {
      const runner = runners.get(host);
      if (runner === undefined || dryRun) return { host, fix, status: 'would-fix' };
      try {
        await fixHost(runner, fix, signal);
        return { host, fix, status: 'fixed' };
      } catch (error) {
        signal.throwIfAborted();
        return { host, fix, status: 'failed', error: errorJson(error) };
      }
    }),
  );
}
