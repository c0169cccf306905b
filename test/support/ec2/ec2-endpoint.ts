import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend, instantBackend } from './backend.js';
import { groupActions } from './group-actions.js';
import { instanceActions } from './instance-actions.js';
import { type Action, placeActions } from './place-actions.js';
import { answerXml, Crash, Ec2Error, errorXml, Query, type Xml } from './protocol.js';
import { everything, thingActions } from './thing-actions.js';
import { newWorld, type WorldOptions } from './new-world.js';
import { paged, throwIfDry, type World } from './world.js';

/** Something that goes wrong with the next calls of an action (`*`: of any). */
export interface Fault {
  readonly action: string;
  /** How often; default once. */
  times?: number;
  /** So many calls pass before. */
  skip?: number;
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  /** after: what was asked for is done, and then it goes wrong. */
  readonly when?: 'before' | 'after';
  /** The connection ends without an answer. */
  readonly drop?: boolean;
  /** The answer is a page of HTML, as of a proxy or a server that broke. */
  readonly crash?: boolean;
  /** Called when it goes wrong, before the answer. */
  readonly meanwhile?: () => void;
  readonly delayMs?: number;
  /** Only calls with DryRun, or only those without. */
  readonly dryRun?: boolean;
}

interface Call {
  readonly action: string;
  readonly query: Query;
  /** HTTP status; 0 when the connection was dropped. */
  status: number;
  code?: string;
}

export interface Ec2Options extends WorldOptions {
  readonly backend?: Backend;
  /** Between a call's answer and its effect. Default 5 ms. */
  readonly settleMs?: number;
  /** How long each call takes. Default: no time. */
  readonly latencyMs?: number;
  /** Access key ids that are let in; default: every one. */
  readonly accessKeys?: readonly string[];
  readonly port?: number;
}

/** An EC2 endpoint of one region for tests. */
export interface Ec2Endpoint extends AsyncDisposable {
  readonly url: string;
  readonly world: World;
  /** Every call as it ended. */
  readonly calls: Call[];
  /** The most calls that change something that were under way at once. */
  readonly mostChanges: () => number;
  readonly fault: (...faults: Fault[]) => void;
  /** From now on nothing goes wrong. */
  readonly heal: () => void;
  /** `type name` of all that exists: a clean removal leaves nothing. */
  readonly leftovers: () => readonly string[];
  /** How often an action was called. */
  readonly count: (action: string) => number;
}

/** Starts the endpoint on a loopback port. Its end waits for what its calls began. */
export async function startEc2(options: Ec2Options = {}): Promise<Ec2Endpoint> {
  const world = newWorld(options);
  const calls: Call[] = [];
  const faults: Fault[] = [];
  const failures: unknown[] = [];
  const under = new Set<Promise<void>>();
  const actions: Readonly<Record<string, Action>> = {
    ...placeActions,
    ...groupActions,
    ...thingActions,
    ...instanceActions({
      backend: options.backend ?? instantBackend,
      settleMs: options.settleMs ?? 5,
      failed: (error) => failures.push(error),
      later: (work) => {
        under.add(work);
        void work.finally(() => under.delete(work));
      },
    }),
  };
  const run = async (query: Query): Promise<Xml> => {
    const action = actions[query.require('Action')];
    if (action === undefined) throw new Ec2Error('InvalidAction', 'The action is not valid for this web service.');
    if (query.require('Action').startsWith('Describe')) throwIfDry(query);
    return paged(await action(world, query), query, world.pageSize);
  };
  const changes = countChanges();
  const server = createServer((request, response) => {
    void answer(
      request,
      response,
      async (query) => {
        admit(request, options.accessKeys);
        return changes.during(query, async () => {
          if (options.latencyMs !== undefined) await sleep(options.latencyMs);
          return withFaults(faults, query, run);
        });
      },
      calls,
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    world,
    calls,
    mostChanges: changes.most,
    fault: (...more) => faults.push(...more),
    heal: () => {
      faults.length = 0;
    },
    count: (name) => calls.filter(({ action }) => action === name).length,
    leftovers: () =>
      everything(world)
        .filter(({ id }) => world.instances.get(id)?.state !== 'terminated')
        .filter(({ id }) => !['closed', 'cancelled'].includes(world.spotRequests.get(id)?.state ?? ''))
        .filter(({ type }) => type !== 'security-group-rule')
        .map(({ id, type }) => `${type} ${id}`),
    async [Symbol.asyncDispose]() {
      await Promise.all(under);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (failures.length > 0) throw new AggregateError(failures, 'the backend failed');
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  work: (query: Query) => Promise<Xml>,
  calls: Call[],
): Promise<void> {
  const requestId = randomUUID();
  const query = Query.parse(await text(request));
  const action = query.text('Action') ?? '';
  const call: Call = { action, query, status: 200 };
  calls.push(call);
  const send = (body: string): void => {
    response.writeHead(call.status, { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId });
    response.end(body);
  };
  try {
    send(answerXml(action, requestId, await work(query)));
  } catch (error) {
    if (error === dropped) {
      call.status = 0;
      request.socket.destroy();
      return;
    }
    if (error instanceof Crash) {
      call.status = error.status;
      response.writeHead(call.status, { 'content-type': 'text/html' }).end(error.page);
      return;
    }
    const told = error instanceof Ec2Error ? error : new Ec2Error('InternalError', String(error));
    call.status = told.status;
    call.code = told.code;
    send(errorXml(told, requestId));
  }
}

function admit(request: IncomingMessage, accessKeys: readonly string[] | undefined): void {
  const key = /Credential=([^/]+)\/\d{8}\/[^/]+\/ec2\/aws4_request/.exec(request.headers.authorization ?? '')?.[1];
  if (key !== undefined && (accessKeys?.includes(key) ?? true)) return;
  throw new Ec2Error('AuthFailure', 'AWS was not able to validate the provided access credentials');
}

const dropped = new Error('dropped');

async function withFaults(faults: Fault[], query: Query, run: (query: Query) => Promise<Xml>): Promise<Xml> {
  const action = query.text('Action');
  const fault = faults.find(
    (other) =>
      (other.action === action || other.action === '*') &&
      (other.times ?? 1) > 0 &&
      (other.dryRun === undefined || other.dryRun === (query.flag('DryRun') ?? false)),
  );
  if (fault === undefined) return run(query);
  if ((fault.skip ?? 0) > 0) {
    fault.skip = (fault.skip ?? 0) - 1;
    return run(query);
  }
  fault.times = (fault.times ?? 1) - 1;
  if (fault.delayMs !== undefined) await sleep(fault.delayMs);
  const done = fault.when === 'after' ? await run(query) : undefined;
  fault.meanwhile?.();
  if (fault.drop === true) throw dropped;
  if (fault.crash === true) throw new Crash();
  if (fault.code !== undefined) throw new Ec2Error(fault.code, fault.message ?? fault.code, fault.status);
  return done ?? run(query);
}

/** How many calls that change something are under way at once. */
function countChanges() {
  let now = 0;
  let most = 0;
  return {
    most: () => most,
    async during<T>(query: Query, work: () => Promise<T>): Promise<T> {
      if (/^(Describe|Get)/.test(query.text('Action') ?? '')) return work();
      most = Math.max(most, ++now);
      try {
        return await work();
      } finally {
        now--;
      }
    },
  };
}
