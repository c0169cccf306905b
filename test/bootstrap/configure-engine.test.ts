import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureEngine, type ConfigureEngineOptions } from '../../src/bootstrap/configure-engine.js';
import { serverSans } from '../../src/bootstrap/tls/certificate-info.js';
import { ensureCertificates, type Certificates } from '../../src/bootstrap/tls/certificates.js';
import { issueServerCertificate } from '../../src/bootstrap/tls/issue.js';
import { ScriptedRunner, type ScriptedAnswer } from '../support/scripted-runner.js';
import { bare, debianUnit, factsOf, factsText } from './facts-text.js';

const now = new Date('2026-11-21T10:00:00Z');
const identity = { id: '6f0c1c52-9d0e-4b43-8f3e-0a2c1f6f7f10', name: 'agent1.default' };
const plain: ConfigureEngineOptions = { swarm: true };
let folder: string;
let certificates: Certificates;
let withTls: ConfigureEngineOptions;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-certs-'));
  certificates = await ensureCertificates(folder, { now });
  withTls = { swarm: true, tls: { folder, identity, sans: ['agent1', '10.219.7.11'], now } };
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const hostWith = (...answers: readonly ScriptedAnswer[]): ScriptedRunner => new ScriptedRunner('agent1', answers);
const done = (result: string): ScriptedAnswer => ({ when: 'configure Docker', stdout: `result=${result}\n` });
const sent = (runner: ScriptedRunner): string =>
  runner.calls.find(({ title }) => title === 'configure Docker')?.stdin ?? '';

describe('configureEngine', () => {
  it('sends everything in one script, by stdin', async () => {
    const runner = hostWith(done('changed'));
    const result = await configureEngine(runner, factsOf(), { ...withTls, dns: ['10.219.7.1'], mtu: 1400 });
    expect(result).toEqual({ changed: true, warnings: [] });
    expect(runner.calls.map(({ command }) => command)).toEqual(['sh -s']);
    expect(sent(runner)).toContain(certificates.ca.certPem);
    expect(sent(runner)).toContain(
      '-H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS -H tcp://0.0.0.0:2376',
    );
    expect(sent(runner)).toMatch(/"dns": \[\s+"10\.219\.7\.1"\s+\],\s+"mtu": 1400/);
  });

  it('gives the host a key of its own and never the key of the CA', async () => {
    const runner = hostWith(done('changed'));
    await configureEngine(runner, factsOf(), withTls);
    expect(sent(runner)).toMatch(/server-key\.pem 600 <<.*\n-----BEGIN PRIVATE KEY-----/);
    const caKey = await readFile(join(folder, 'ca-key.pem'), 'utf8');
    expect(sent(runner)).not.toContain(caKey.split('\n')[1]);
    expect(sent(runner)).not.toContain(certificates.client.keyPem.split('\n')[1]);
  });

  it('reports that nothing was to be done', async () => {
    expect(await configureEngine(hostWith(done('unchanged')), factsOf(), withTls)).toMatchObject({ changed: false });
  });

  it('leaves a certificate that still serves, and replaces it for one more address', async () => {
    const { certPem } = await issueServerCertificate({
      name: 'agent1',
      sans: serverSans(factsOf(), ['agent1']),
      ca: certificates.ca,
      now,
    });
    const facts = factsOf({ serverCert: certPem });
    const runner = hostWith(done('unchanged'), done('changed'));
    await configureEngine(runner, facts, withTls);
    expect(sent(runner)).not.toContain('PRIVATE KEY');
    const more = hostWith(done('changed'));
    await configureEngine(more, facts, { ...withTls, tls: { folder, identity, sans: ['192.0.2.7'], now } });
    expect(sent(more)).toContain('PRIVATE KEY');
  });

  it('takes its port away and sends no certificate without TLS', async () => {
    const runner = hostWith(done('changed'));
    await configureEngine(runner, factsOf({ unit: '# /x/docker.service\n[Service]\nExecStart=/d --tls\n' }), plain);
    expect(sent(runner)).toContain('drop /etc/systemd/system/docker.service.d/90-swarmup.conf');
    expect(sent(runner)).not.toContain('BEGIN');
  });

  it('looks at the host again when the facts are older than its engine', async () => {
    const runner = hostWith({ when: 'read facts', stdout: factsText() }, done('changed'));
    expect(await configureEngine(runner, factsOf(bare), withTls)).toMatchObject({ changed: true });
    expect(runner.titles).toEqual(['read facts', 'configure Docker']);
  });

  it("passes on what it left to the user's daemon.json", async () => {
    const { warnings } = await configureEngine(hostWith(done('unchanged')), factsOf({ daemonJson: '{"mtu":9000}' }), {
      ...plain,
      mtu: 1400,
    });
    expect(warnings).toEqual(['daemon.json of agent1 keeps its own mtu (9000, not 1400)']);
  });

  it.each([
    ['ENGINE_CONFIG_CONFLICT', factsOf({ daemonJson: '{"live-restore":true}' })],
    ['ENGINE_CONFIG_INVALID', factsOf({ daemonJson: '{' })],
    ['ENGINE_CONFIG_CONFLICT', factsOf({ unit: debianUnit.replace('fd://', 'tcp://0.0.0.0:2376') })],
    ['ENGINE_UNIT_UNREADABLE', factsOf({ unit: '' })],
    ['INIT_UNSUPPORTED', factsOf({ init: 'none' })],
  ])('stops with %s before anything is sent', async (code, facts) => {
    const runner = hostWith();
    await expect(configureEngine(runner, facts, withTls)).rejects.toMatchObject({ code, host: 'agent1' });
    expect(runner.calls).toEqual([]);
  });

  it('stops without an engine, a CA, or a usable name', async () => {
    const stillBare = hostWith({ when: 'read facts', stdout: factsText(bare) });
    await expect(configureEngine(stillBare, factsOf(bare), plain)).rejects.toMatchObject({ code: 'ENGINE_MISSING' });
    const noCa = { ...plain, tls: { folder: join(folder, 'none'), identity, sans: [], now } };
    await expect(configureEngine(hostWith(), factsOf(), noCa)).rejects.toMatchObject({ code: 'CA_BROKEN' });
    const badName = { ...plain, tls: { folder, identity, sans: ['a b'], now } };
    await expect(configureEngine(hostWith(), factsOf(), badName)).rejects.toMatchObject({ code: 'TLS_SAN_INVALID' });
  });

  it("tells the engine's own reason when it does not start, with the journal, without secrets", async () => {
    const journal = [
      'joined with SWMTKN-1-abc-def',
      'failed to start daemon: error initializing graphdriver: driver not supported',
      "docker.service: Failed with result 'exit-code'.",
      'Failed to start docker.service - Docker Application Container Engine.',
    ];
    const stdout = `result=failed\nreason=status 1\n${journal.map((line) => `journal=${line}`).join('\n')}\n`;
    const failing = configureEngine(hostWith({ when: 'configure Docker', stdout }), factsOf(), plain);
    await expect(failing).rejects.toMatchObject({
      code: 'ENGINE_START_FAILED',
      host: 'agent1',
      message:
        'Docker Engine of agent1 did not start: failed to start daemon: error initializing graphdriver: driver not supported',
      hints: [
        `the last lines of the journal:\n  joined with ***\n${journal
          .slice(1)
          .map((line) => `  ${line}`)
          .join('\n')}`,
        'to see more: swarmup ssh agent1 -- sudo journalctl -u docker',
        'then run the same command again',
      ],
    });
  });

  it('falls back on the reason of systemctl when the journal is empty', async () => {
    const stdout = 'result=failed\nreason=systemctl restart docker ended with status 124\n';
    await expect(
      configureEngine(hostWith({ when: 'configure Docker', stdout }), factsOf(), plain),
    ).rejects.toMatchObject({
      message: 'Docker Engine of agent1 did not start: systemctl restart docker ended with status 124',
    });
  });

  it('passes a failed script on with what the host said', async () => {
    const runner = hostWith({ when: 'configure Docker', exitCode: 1, stderr: 'cannot write /etc/docker/daemon.json' });
    await expect(configureEngine(runner, factsOf(), plain)).rejects.toMatchObject({
      code: 'REMOTE_COMMAND_FAILED',
      message: expect.stringContaining('cannot write /etc/docker/daemon.json') as string,
    });
  });
});
