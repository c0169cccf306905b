import { hostname, release, totalmem } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readFacts } from '../../src/bootstrap/facts.js';
import { factsScript } from '../../src/bootstrap/facts-script.js';
import { parseFacts } from '../../src/bootstrap/parse-facts.js';
import { scriptText } from '../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../support/local-shell.js';
import { ScriptedRunner } from '../support/scripted-runner.js';
import { bare, debianUnit, factsOf, factsText } from './facts-text.js';

describe('the facts of a Debian host', () => {
  const facts = factsOf();

  it('name the system', () => {
    expect(facts.os).toEqual({
      id: 'debian',
      idLike: [],
      versionId: '12',
      codename: 'bookworm',
      parentCodename: undefined,
      prettyName: 'Debian GNU/Linux 12 (bookworm)',
    });
    expect(facts).toMatchObject({ arch: 'x86_64', init: 'systemd', uid: 0, hostname: 'agent1', cloudInit: 'absent' });
    expect(facts).toMatchObject({ freeDiskMiB: 80455, memoryMiB: 24105, ipvs: false, appArmor: false });
    expect(facts.machineId).toBe('76ce071725694387a03fb90585f128d5');
  });

  it('tell of the engine, its unit and its client', () => {
    expect(facts.engine).toEqual({
      path: '/usr/sbin/dockerd',
      version: '20.10.24+dfsg1',
      running: true,
      unit: debianUnit,
    });
  });

  it('hold every address with its interface, and the default route with its MTU', () => {
    const eth0 = facts.interfaces.find(({ name }) => name === 'eth0');
    expect(eth0?.addresses.map(({ cidr, temporary }) => [cidr, temporary])).toEqual([
      ['10.219.7.11/24', false],
      ['2001:db8::11/64', false],
      ['2001:db8::e1d3/64', true],
      ['fe80::42:aff:fedb:70b/64', false],
    ]);
    expect(facts.defaultRoute).toEqual({ interface: 'eth0', mtu: 1400 });
  });

  it('list IPv4 routes as networks, without the default route', () => {
    expect(facts.routes).toEqual(['10.219.7.0/24', '10.40.0.0/16', '10.50.1.2/32', '172.17.0.0/16']);
  });

  it('tell the clock and how far it is ahead', () => {
    expect(facts.clock).toEqual({ epochMs: 1_795_256_413_911, skewMs: 11 });
    const coarse = parseFacts(factsText().replace(/clock=.*/, 'clock=1795256413.N'), 1_795_256_414_000);
    expect(coarse.clock).toEqual({ epochMs: 1_795_256_413_000, skewMs: -1000 });
  });
});

describe('facts', () => {
  it('tell a host without Docker, and no daemon.json from an empty one', () => {
    expect(factsOf(bare)).toMatchObject({ engine: undefined, daemonJson: undefined });
    expect(factsOf({ daemonJson: '' }).daemonJson?.trim()).toBe('');
  });

  it('keep the text of daemon.json, also lines that look like our own', () => {
    const text = '{\n  "labels": ["end=1"],\n  "dns": []\n}\n';
    expect(factsOf({ daemonJson: text }).daemonJson).toBe(text);
    expect(factsOf({ daemonJson: 'end=1\nuid=7' })).toMatchObject({ daemonJson: 'end=1\nuid=7\n', uid: 0 });
  });

  it('read os-release with any quoting', () => {
    const os = `ID='linuxmint'\nID_LIKE="ubuntu debian"\nPRETTY_NAME="Linux \\"Mint\\" = 22"\nUBUNTU_CODENAME=noble\nVERSION_CODENAME=wilma`;
    expect(factsOf({ os }).os).toEqual({
      id: 'linuxmint',
      idLike: ['ubuntu', 'debian'],
      versionId: undefined,
      codename: 'wilma',
      parentCodename: 'noble',
      prettyName: 'Linux "Mint" = 22',
    });
  });

  it("read busybox's ip, whose answers have links between the addresses, and point-to-point addresses", () => {
    const extra = [
      'address=9: wg0: <POINTOPOINT,NOARP,UP> mtu 1420 qdisc noqueue qlen 1000\\    link/none',
      'address=9: wg0    inet 10.8.0.6 peer 10.8.0.5/32 scope global wg0\\       valid_lft forever',
      'mtu=wg0 1420',
    ].join('\n');
    expect(factsOf({ extra }).interfaces.find(({ name }) => name === 'wg0')).toEqual({
      name: 'wg0',
      mtu: 1420,
      addresses: [{ family: 4, address: '10.8.0.6', cidr: '10.8.0.6/32', temporary: false }],
    });
  });

  it.each([
    ['an answer that was cut off', (text: string) => text.replace('end=1', ''), 'not complete'],
    ['another program that answered', () => 'Please change your password', 'not complete'],
    [
      'a line that is none of ours',
      (text: string) => text.replace('uid=0', 'uid=0\nsh: oops'),
      "unexpected line 'sh: oops'",
    ],
    ['a missing fact', (text: string) => text.replace(/arch=.*/, ''), "'arch' is missing"],
    ['a fact that makes no sense', (text: string) => text.replace('uid=0', 'uid=root'), "'uid' is not as expected"],
    ['no command ip', (text: string) => text.replace(/address=.*/g, ''), "the host has no command 'ip'"],
  ])('are refused for %s', async (_, damage, message) => {
    const runner = new ScriptedRunner('agent1', [{ when: 'read facts', stdout: damage(factsText()) }]);
    await expect(readFacts(runner)).rejects.toMatchObject({
      code: 'FACTS_UNREADABLE',
      host: 'agent1',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each(localShells.map((shell) => ({ shell })))('are read for real from this machine by $shell', ({ shell }) => {
    const { status, stdout, stderr } = runLocally(shell, scriptText(factsScript));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const facts = parseFacts(stdout, Date.now());
    expect(facts).toMatchObject({ hostname: hostname(), kernel: release(), uid: process.getuid?.() });
    expect(facts.memoryMiB).toBeCloseTo(totalmem() / 1024 / 1024, -3);
    expect(facts.interfaces.find(({ name }) => name === 'lo')?.addresses[0]?.address).toBe('127.0.0.1');
    expect(facts.freeDiskMiB).toBeGreaterThan(0);
    expect(Math.abs(facts.clock.skewMs)).toBeLessThan(20_000);
  });
});
