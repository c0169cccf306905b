import { awsTiming } from '../../src/drivers/aws/aws-region.js';
import { type AwsBench, type AwsHost, openAwsBench } from '../drivers/aws/aws-bench.js';
import { type Row, writeSection } from './write-section.js';

/**
 * Prints what the aws driver asks of EC2 and how quick it is, against an endpoint on this machine whose instances run
 * after a tenth of a second and whose calls take a twentieth; with the patience that users have.
 */
const pace = { settleMs: 100, latencyMs: 50 };

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const hostsOf = (bench: AwsBench, count: number): readonly AwsHost[] =>
  Array.from({ length: count }, (_, i) => bench.host(`h${i}`, { swarm: 'bench', role: i < 3 ? 'manager' : 'worker' }));

const given = { 'allow-cidr': ['192.0.2.1/32'] };

async function tenHosts(): Promise<readonly Row[]> {
  await using bench = await openAwsBench(pace, awsTiming);
  const hosts = hostsOf(bench, 10);
  const names = hosts.map(({ identity }) => identity.name);
  await bench.driver.check(bench.context(given), names, names.slice(0, 3));
  await Promise.all(hosts.map((host) => bench.create(host, given)));
  const perHost = bench.ec2.calls.length / hosts.length;
  bench.ec2.calls.length = 0;
  await bench.newProcess().driver.inspect(
    bench.context(),
    hosts.map(({ state }) => state),
  );
  const listed = bench.ec2.calls.length;
  await Promise.all(hosts.map((host) => bench.remove(host)));
  return [
    {
      what: 'calls a host before its first ssh, 10 hosts, check included',
      measured: perHost.toFixed(1),
      target: '≤ 3',
    },
    { what: 'calls of `ls`', measured: String(listed), target: '1' },
  ];
}

async function hundredHosts(): Promise<readonly Row[]> {
  await using bench = await openAwsBench(pace, awsTiming);
  const hosts = hostsOf(bench, 100);
  const began = performance.now();
  await Promise.all(hosts.map((host) => bench.create(host, given)));
  const created = seconds(began);
  const most = bench.ec2.mostChanges();
  const removing = performance.now();
  await Promise.all(hosts.map((host) => bench.remove(host)));
  return [
    { what: 'create of 100', measured: created, target: '≤ 20 s' },
    { what: 'changes under way at once, at most', measured: String(most), target: '≤ 5' },
    { what: 'rm of 100', measured: seconds(removing), target: '' },
    { what: 'left behind', measured: String(bench.ec2.leftovers().length), target: '0' },
  ];
}

await writeSection('aws', [...(await tenHosts()), ...(await hundredHosts())], 'EC2 on the same machine');
