import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { createDockerDriver } from '../../../src/drivers/docker/docker-driver.js';
import type { Problem } from '../../../src/drivers/driver.js';
import { driverContexts } from '../../support/driver-context.js';
import { type Answers, startFakeOuterEngine } from './fake-outer-engine.js';

const info = {
  ServerVersion: '27.0.1',
  OSType: 'linux',
  OperatingSystem: 'Docker Desktop',
  SecurityOptions: ['name=seccomp,profile=builtin'],
  DockerRootDir: '/var/lib/docker',
};
const healthy: Answers = { 'GET /info': info, 'GET /networks': [], 'GET /containers/json': [] };

async function check(answers: Answers, options = {}, names = ['a', 'b']): Promise<readonly Problem[]> {
  await using engine = await startFakeOuterEngine(answers);
  const context = driverContexts({ host: engine.endpoint, ...options }, tmpdir())();
  const problems = await createDockerDriver().check(context, names);
  expect(engine.calls.filter((call) => !call.startsWith('GET '))).toEqual([]);
  return problems.map((problem) => ({ ...problem, message: problem.message.replace(engine.endpoint, 'ENDPOINT') }));
}

describe('check of the docker driver', () => {
  it('tells which engine answers', async () => {
    expect(await check(healthy)).toEqual([
      { severity: 'info', code: 'DOCKER_FOUND', message: 'Docker Engine 27.0.1 answers on ENDPOINT', hints: [] },
    ]);
  });

  it.each([
    [{ OSType: 'windows' }, 'DOCKER_NOT_LINUX', 'this Docker Engine runs windows containers'],
    [
      { SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'] },
      'DOCKER_ROOTLESS',
      'this Docker Engine is rootless, but hosts with an engine of their own need one that runs as root',
    ],
  ])('refuses an engine with %j', async (change, code, message) => {
    const problems = await check({ ...healthy, 'GET /info': { ...info, ...change } });
    expect(problems).toMatchObject([{ severity: 'error', code, message }]);
  });

  it('counts the hosts of all owners, and what the machine of another engine has', async () => {
    const running = { State: 'running', Names: [], Labels: { 'swarmup.owner': 'another', 'swarmup.name': 'a' } };
    const answers = {
      ...healthy,
      'GET /info': { ...info, MemTotal: 512 * 1024 ** 2, NCPU: 2 },
      'GET /containers/json': [running, running, running, running, running],
    };
    expect(await check(answers, {}, ['a'])).toMatchObject([{ code: 'DOCKER_FOUND' }]);
    expect(await check(answers, { cpus: 3 }, ['a', 'b'])).toMatchObject([
      { severity: 'error', code: 'CPUS_TOO_MANY' },
      {
        severity: 'error',
        code: 'MEMORY_SHORT',
        message:
          '7 hosts, of which 5 run already, need about 525 MiB of memory, and the computer of the engine has 512 MiB',
      },
    ]);
    expect(await check(answers, {}, [])).toMatchObject([{ code: 'DOCKER_FOUND' }]);
    // A host that was made and is off needs memory as a new one does.
    const off = { ...running, State: 'exited', Labels: { 'swarmup.name': 'a' } };
    const resumed = { ...answers, 'GET /containers/json': [...Array<typeof running>(6).fill(running), off] };
    expect(await check(resumed, {}, ['a'])).toMatchObject([{ code: 'MEMORY_SHORT' }]);
  });

  it('finds a subnet that another docker network has', async () => {
    const networks = [{ Name: 'other', IPAM: { Config: [{ Subnet: '172.26.0.0/16' }] } }];
    const problems = await check({ ...healthy, 'GET /networks': networks }, { subnet: '172.26.7.0/24' });
    expect(problems).toMatchObject([
      {
        severity: 'error',
        code: 'SUBNET_OVERLAP',
        message: "the subnet 172.26.7.0/24 overlaps with 172.26.0.0/16 (the docker network 'other')",
      },
    ]);
  });

  it.each(['nonsense', '172.26.0.0/30', 'fd00::/64'])('refuses the subnet %s', async (subnet) => {
    const code = subnet === 'nonsense' ? 'CIDR_INVALID' : 'SUBNET_INVALID';
    // It is what was typed that is wrong, and no finding about this computer.
    await expect(check(healthy, { subnet })).rejects.toMatchObject({ code, exitCode: 2 });
  });

  it('counts the addresses of a small network', async () => {
    const network = {
      Name: 'swarmup',
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: '172.26.0.0/29', Gateway: '172.26.0.1' }] },
      Options: null,
      Labels: null,
      Containers: { x: { IPv4Address: '172.26.0.2/29' } },
    };
    const answers = { ...healthy, 'GET /networks/swarmup': network };
    expect(await check(answers, { network: 'swarmup' }, ['a', 'b', 'c', 'd'])).toMatchObject([{ severity: 'info' }]);
    expect(await check(answers, { network: 'swarmup' }, ['a', 'b', 'c', 'd', 'e'])).toMatchObject([
      { severity: 'error', code: 'SUBNET_FULL' },
    ]);
  });

  it('reports an engine that is not there as a problem', async () => {
    const context = driverContexts({ host: 'unix:///nowhere/docker.sock' }, tmpdir())();
    expect(await createDockerDriver().check(context, ['a'])).toMatchObject([
      { severity: 'error', code: 'DOCKER_UNREACHABLE' },
    ]);
  });
});

describe('inspect of the docker driver', () => {
  const container = (machine: string, State: string, labels = {}) => ({
    Id: machine,
    Names: [`/swarmup-${machine}`],
    State,
    Status: 'Dead',
    Labels: { 'swarmup.machine': machine, 'swarmup.address': '172.26.0.2', ...labels },
  });

  it('asks each engine once, and tells why one cannot be asked', async () => {
    await using engine = await startFakeOuterEngine({
      'GET /containers/json': [
        container('1', 'running'),
        container('2', 'exited'),
        container('3', 'dead'),
        container('4', 'running', { 'swarmup.ports': '40001,40002' }),
      ],
    });
    const state = (machine: string, at = engine.endpoint) => ({
      engine: at,
      machine,
      container: `swarmup-${machine}`,
      network: 'swarmup',
      engineConfig: { mtu: 1400 },
    });
    const context = driverContexts({}, tmpdir())();
    const states = [...['1', '2', '3', '4', '5'].map((id) => state(id)), undefined, state('1', 'unix:///nowhere')];
    expect(await createDockerDriver().inspect(context, states)).toEqual([
      {
        state: 'running',
        description: {
          ssh: { host: '172.26.0.2', port: 22, user: 'root' },
          engine: { host: '172.26.0.2', port: 2376 },
          privateAddresses: ['172.26.0.2'],
          engineConfig: { mtu: 1400 },
        },
      },
      { state: 'stopped' },
      { state: 'error', detail: 'Dead' },
      {
        state: 'running',
        description: {
          ssh: { host: '127.0.0.1', port: 40001, user: 'root' },
          engine: { host: '127.0.0.1', port: 40002 },
          privateAddresses: ['172.26.0.2'],
          engineConfig: { mtu: 1400 },
        },
      },
      { state: 'absent', detail: "there is no container 'swarmup-5'" },
      { state: 'absent', detail: 'nothing was made for the host yet' },
      { state: 'error', detail: 'no Docker Engine on unix:///nowhere: the socket does not exist' },
    ]);
    expect(engine.calls).toEqual(['GET /containers/json']);
  });
});
