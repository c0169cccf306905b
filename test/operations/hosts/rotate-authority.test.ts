import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rotationPhase } from '../../../src/bootstrap/tls/rotation.js';
import { regenerateCerts } from '../../../src/operations/hosts/regenerate-certs.js';
import { openLab } from '../../support/lab.js';

const request = { names: [], clientCerts: false, authority: true, dryRun: false };

it('a new authority for three managers: stopped by one that fails, and gone on with when it is mended', async () => {
  await using lab = await openLab();
  await lab.create('m1 m2 m3 w', { managers: 3, tls: true });
  const certs = join(lab.store.home, 'certs');
  const text = (file: string): Promise<string> => readFile(join(certs, file), 'utf8');
  const authorities = async (): Promise<number> => (await text('ca.pem')).match(/BEGIN/g)?.length ?? 0;
  const client = await text('cert.pem');
  const leader = lab
    .clusterOf('m1')
    .list()
    .find(({ ManagerStatus }) => ManagerStatus?.Leader === true);
  let full: string | undefined = 'm2';
  let order: string[] = [];
  lab.onScript = (host, title) => {
    if (title !== 'configure Docker') return undefined;
    order.push(host);
    return host === full ? { exitCode: 1, stderr: 'no space left on device\n' } : { stdout: 'result=changed\n' };
  };
  const rotate = async () => (await regenerateCerts(lab.process().context, request)).hosts;

  const stopped = await rotate();
  // The worker went first; after m2 nobody was touched.
  expect(order[0]).toBe('w');
  expect(order.at(-1)).toBe('m2');
  expect(stopped.find(({ name }) => name === 'm2')).toMatchObject({ status: 'failed' });
  expect(stopped.filter(({ error }) => error?.code === 'NOT_TRIED').map(({ name }) => name)).not.toHaveLength(0);
  // Whoever was reached trusts both, and the client shows what all of them accept.
  expect([await rotationPhase(certs), await authorities(), await text('cert.pem')]).toEqual(['trust-both', 2, client]);
  const made = (await text('ca.pem')).slice(0, 500);

  full = undefined;
  order = [];
  expect((await rotate()).map(({ name, status }) => [name, status])).toEqual(
    ['m1', 'm2', 'm3', 'w'].map((name) => [name, 'renewed']),
  );
  // Twice round, each time the leader last.
  expect(order).toHaveLength(8);
  for (const round of [order.slice(0, 4), order.slice(4)]) {
    expect([...round].sort()).toEqual(['m1', 'm2', 'm3', 'w']);
    expect(round[0]).toBe('w');
    expect(round[3]).toBe(leader?.Description.Hostname);
  }
  expect([await rotationPhase(certs), await authorities()]).toEqual([undefined, 1]);
  expect(await text('cert.pem')).not.toBe(client);
  // It went on with the authority that it had begun with.
  expect((await text('ca.pem')).slice(0, 500)).toBe(made);
});
