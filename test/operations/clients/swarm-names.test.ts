import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { swarmNames } from '../../../src/operations/clients/swarm-names.js';
import { machineRecord } from '../../machine/machine-record.js';
import { operationContext } from '../../support/operation-context.js';
import { tlsEngine } from '../../support/tls-engine.js';

it('names of services come from a manager of the swarm, and from no other host at its address', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-names-'));
  try {
    const context = operationContext(folder, []);
    const services = [{ ID: 'web', Spec: { Name: 'web', Labels: {} } }];
    const certs = await context.store.folder('certs');
    await using engine = await tlsEngine({ certs, version: 'x', of: 'm1', answers: { '/services': services } });
    const node = { phase: 'ready', role: 'manager', engine: { url: engine.url, certPath: 'certs' } } as const;
    await context.store.add(machineRecord('m1', { ...node, swarm: 'default' }));
    await context.store.add(machineRecord('m2', { ...node, swarm: 'other' }));
    const ask = (swarm: string) => swarmNames(context, { swarm, kind: 'services', timeoutMs: 10_000 });
    expect(await ask('default')).toEqual(['web']);
    expect(await ask('other')).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
