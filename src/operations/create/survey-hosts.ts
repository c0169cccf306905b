import { checkAdoption } from '../../bootstrap/check-adoption.js';
import { readFacts } from '../../bootstrap/facts.js';
import type { DriverContext, HostDescription } from '../../drivers/driver.js';
import { openEngine } from '../../lib/engine-client.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import { swarmup } from '../../lib/typed-command.js';
import type { Runner } from '../../ssh/runner.js';
import { beliefOf, ownState } from '../../swarm/membership.js';
import { engineInfo, type EngineInfo, swarmNodes } from '../../swarm/swarm-api.js';
import { loadCertificateCode } from '../steps/host-engine-work.js';
import { placeOf } from '../access/endpoint.js';
import type { OperationContext } from '../access/context.js';
import { foreignSwarm } from '../access/swarm-access.js';
import { openSwarm } from '../access/swarm-access.js';
import { driverContext } from '../access/driver-context.js';
import type { CreateRun, CreateSession } from '../steps/create-run.js';

/**
 * Logs in to the hosts of this run that exist already, becomes root there and looks whether each can be adopted. All
 * at once; nothing is written, here or there.
 * Errors: HOST_SAME, HOST_TAKEN (exit 2); those of `enroll`, of sudo and of `checkAdoption`, FOREIGN_SWARM (exit 3).
 */
export async function surveyHosts(run: CreateRun, { dryRun }: { readonly dryRun: boolean }): Promise<void> {
  const { context } = run;
  const located = await locateAll(run);
  await refuseSameHosts(context, located);
  const servesTls = located.some(({ host }) => host.record.engineSettings.tls);
  if (servesTls && !dryRun) loadCertificateCode();
  const results = await Promise.allSettled(located.map((found) => survey(run, found)));
  context.signal.throwIfAborted();
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  if (failures.length > 0) throw surveyFailed(failures);
}

interface Located {
  readonly host: CreateSession;
  readonly description: HostDescription;
}

async function locateAll({ context, hosts }: CreateRun): Promise<readonly Located[]> {
  const located = await Promise.all(
    hosts.map(async (host): Promise<readonly Located[]> => {
      const { record, driver } = host;
      if (record.phase !== 'creating' || driver.locate === undefined) return [];
      const options = record.options as DriverContext['options'];
      return [{ host, description: await driver.locate(driverContext(context, driver, options), record) }];
    }),
  );
  return located.flat();
}

/** Two names for one host would configure it twice and join it twice. */
async function refuseSameHosts(context: OperationContext, located: readonly Located[]): Promise<void> {
  const seen = new Map<string, string>();
  const { machines } = await context.store.list();
  for (const { host, description } of located) {
    const { name } = host;
    const where = placeOf(description.ssh);
    const other = seen.get(where);
    if (other !== undefined) throw usageError('HOST_SAME', `${other} and ${name} are the same host (${where})`);
    seen.set(where, name);
    const taken = machines.find(
      ({ name: known, endpoint }) => known !== name && endpoint !== null && placeOf(endpoint) === where,
    );
    if (taken !== undefined)
      throw usageError(
        'HOST_TAKEN',
        `${where} is already the host ${taken.name}`,
        `use it by that name, or give it up first: ${swarmup`rm ${taken.name}`}`,
      );
  }
}

async function survey({ context, trust }: CreateRun, { host, description }: Located): Promise<void> {
  const { record, isNew } = host;
  const reached =
    record.endpoint === null
      ? await context.enroll(record.name, description.ssh, { trust })
      : { endpoint: record.endpoint, runner: await context.connect(record) };
  const facts = await readFacts(reached.runner, { signal: context.signal });
  const warnings = checkAdoption(record.name, facts, {
    swarm: record.swarm !== null,
    engine: record.engineSettings,
    config: description.engineConfig,
  });
  if (isNew && record.swarm !== null && facts.engine?.running === true)
    await refuseForeignSwarm(context, record.swarm, record.name, reached.runner);
  host.survey = { description, endpoint: reached.endpoint, facts, warnings };
}

async function refuseForeignSwarm(
  context: OperationContext,
  swarm: string,
  name: string,
  runner: Runner,
): Promise<void> {
  const engine = openEngine({
    what: `the engine of ${name}`,
    host: name,
    dial: (signal) => runner.openSocket('/var/run/docker.sock', { signal }),
  });
  const { Swarm: state } = await engineInfo(engine, context.signal);
  if (beliefOf(state) === 'outside' || (await isOurs(context, swarm, state))) return;
  throw foreignSwarm(name, swarm, `the host is ${ownState(state)} in a swarm, as node ${state.NodeID || 'unknown'}`);
}

async function isOurs(context: OperationContext, swarm: string, state: EngineInfo['Swarm']): Promise<boolean> {
  if ((await context.store.readSwarm(swarm)) === undefined) return false;
  const { engine } = await openSwarm(context, swarm);
  return (await swarmNodes(engine, context.signal)).some((node) => node.ID === state.NodeID);
}

/** One error for all hosts that failed: the first one's, with what the others said. */
function surveyFailed(failures: readonly unknown[]): Error {
  const bug = failures.find((failure) => !(failure instanceof SwarmupError));
  if (bug !== undefined) return bug as Error;
  const errors = failures as readonly SwarmupError[];
  const [first] = errors;
  if (first === undefined) throw new Error('no failure');
  const kept: readonly number[] = [exitCodes.usage, exitCodes.interrupted, exitCodes.terminated];
  return new SwarmupError(first.code, errors.map(({ message }) => message).join('; '), {
    ...(first.host !== undefined && { host: first.host }),
    hints: [...new Set(errors.flatMap(({ hints }) => hints)), 'nothing was changed: run the same command again'],
    exitCode: kept.includes(first.exitCode) ? first.exitCode : exitCodes.preflight,
    cause: first,
  });
}
