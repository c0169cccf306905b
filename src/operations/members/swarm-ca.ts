import { X509Certificate } from 'node:crypto';
import { waitFor } from '../../lib/abort.js';
import { inSwarm, swarmup } from '../../lib/typed-command.js';
import { singleStep } from '../../plan/single-step.js';
import { swarmNodes } from '../../swarm/swarm-api.js';
import { readSwarmState, type SwarmSpec, type SwarmState, updateSwarm } from '../../swarm/swarm-settings.js';
import { carryOut } from '../access/carry-out.js';
import type { OperationContext } from '../access/context.js';
import type { GuardedSwarm } from '../access/guard-swarm.js';
import { nodeRow, openSwarm } from '../access/swarm-access.js';
import { underSignal } from '../access/under-signal.js';

interface CaRequest {
  readonly swarm: string;
  readonly rotate: boolean;
  readonly dryRun: boolean;
}

export interface CaResult {
  readonly swarm: string;
  readonly rotated: boolean;
  /** PEM. */
  readonly certificate: string;
  /** RFC 3339. */
  readonly expires: string;
  /** Of the certificates that nodes get. */
  readonly nodeCertDays: number;
}

const rotationTimeoutMs = 10 * 60_000;
const nsPerDay = 86_400e9;

/**
 * The CA of a swarm; with `rotate` a new CA, complete when every node has a certificate from it. A node that is down
 * delays the rotation until it comes back or is removed: the wait names it. Errors: those of `guardSwarm`; TIMEOUT (10
 * min), after which the swarm continues by itself.
 */
export async function swarmCa(context: OperationContext, { swarm, rotate, dryRun }: CaRequest): Promise<CaResult> {
  if (!rotate) {
    const { engine } = await openSwarm(context, swarm);
    return caResult(swarm, await readSwarmState(engine, context.signal), false);
  }
  const plan = async ({ access: { engine } }: GuardedSwarm) => {
    const before = await readSwarmState(engine, context.signal);
    return singleStep<CaResult>({
      id: 'swarm/ca',
      title: 'replace the CA, and wait until every node has a certificate from the new one',
      // Longer than the deadline of the wait, whose error names the nodes without a certificate.
      timeoutMs: rotationTimeoutMs + 60_000,
      planned: caResult(swarm, before, false),
      act: async (step) => {
        await updateSwarm(engine, withNewCa, step.signal);
        return caResult(
          swarm,
          await awaitRotation(underSignal(context, step.signal), swarm, before, step.detail),
          true,
        );
      },
    });
  };
  return carryOut(context, { swarm, plan }, { dryRun });
}

const withNewCa = (spec: SwarmSpec): SwarmSpec => ({
  ...spec,
  CAConfig: { ...spec.CAConfig, ForceRotate: (spec.CAConfig.ForceRotate ?? 0) + 1 },
});

function awaitRotation(
  context: OperationContext,
  swarm: string,
  before: SwarmState,
  detail: (message: string) => void,
): Promise<SwarmState> {
  const hints = [
    `the swarm continues the change by itself; if a node is lost for good: ${swarmup`node rm ${inSwarm(swarm)} NAME`}`,
  ];
  const deadline = { timeoutMs: rotationTimeoutMs, what: 'the new CA to reach every node', hints, intervalMs: 500 };
  return waitFor({ ...deadline, signal: context.signal }, async (signal) => {
    // Managers change their own certificates, too: one of them may not answer just now.
    const { engine } = await openSwarm(context, swarm, { signal });
    const now = await readSwarmState(engine, signal);
    if (!now.RootRotationInProgress && now.TLSInfo.TrustRoot !== before.TLSInfo.TrustRoot) return now;
    const missing = (await swarmNodes(engine, signal)).filter(
      ({ Description }) => Description.TLSInfo?.TrustRoot === before.TLSInfo.TrustRoot,
    );
    const { machines } = await context.store.list();
    const names = missing.map((node) => nodeRow(node, machines).name).sort();
    detail(`missing: ${names.join(', ')}`);
    throw new Error(`these nodes have no new certificate yet: ${names.join(', ')}`);
  });
}

function caResult(swarm: string, state: SwarmState, rotated: boolean): CaResult {
  const certificate = state.TLSInfo.TrustRoot;
  return {
    swarm,
    rotated,
    certificate,
    expires: new Date(new X509Certificate(certificate).validTo).toISOString(),
    nodeCertDays: Math.round((state.Spec.CAConfig.NodeCertExpiry ?? 90 * nsPerDay) / nsPerDay),
  };
}
