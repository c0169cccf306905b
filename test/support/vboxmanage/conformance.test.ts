import { execa } from 'execa';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byHand } from './by-hand.js';
import type { CallResult } from './call-threads.js';
import { makeImages } from './conformance-images.js';
import { hasQemuImg, type InstalledVBoxManage, installVBoxManage } from './install.js';

interface Transcript {
  readonly args: readonly string[];
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

const recorded = JSON.parse(await readFile(join(import.meta.dirname, 'recorded.json'), 'utf8')) as Record<
  string,
  Transcript
>;
const run = promisify(execFile);

/**
 * Plays recorded calls of the real VBoxManage 7.2.22 to the double, in an order that leads to the same states, and compares
 * status, stdout and stderr. The recordings are told apart from what differs on every machine: identifiers, hardware
 * addresses, times, sizes on disk, line numbers in the tool's sources.
 */
describe.skipIf(!hasQemuImg)('the VBoxManage double against recorded calls', { timeout: 120_000 }, () => {
  let tool: InstalledVBoxManage;
  let lab: string;
  let usage: string;
  const played: string[] = [];
  const called = new Set<string | undefined>();

  beforeAll(async () => {
    tool = await installVBoxManage();
    lab = await mkdtemp(join(tmpdir(), 'vbox-lab-'));
    usage = await readFile(join(import.meta.dirname, 'texts', 'usage.txt'), 'utf8');
    await mkdir(join(lab, 'share'), { recursive: true });
    await mkdir(join(lab, 'store', 'cache'), { recursive: true });
    await makeImages(join(lab, 'store', 'cache'));
  }, 120_000);
  afterAll(async () => {
    await tool[Symbol.asyncDispose]();
    await rm(lab, { recursive: true, force: true });
  });

  /** Without comparing: leads from one recorded state to the next. */
  async function call(...args: string[]): Promise<CallResult> {
    // The first call of each command is the program's, so that what threads answer stays what it answers.
    if (called.has(args[0])) return tool.call(args);
    called.add(args[0]);
    const result = await execa(tool.program, args, { env: tool.env, reject: false, stripFinalNewline: false });
    return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
  }

  async function play(...names: string[]): Promise<void> {
    for (const name of names) {
      const transcript = recorded[name];
      if (transcript === undefined) throw new Error(`no recording ${name}`);
      const { exitCode, stdout, stderr } = await call(
        ...transcript.args.map((arg) => arg.replaceAll('/lab/', `${lab}/`)),
      );
      played.push(name);
      const actual = { name, exit: exitCode, stdout: plain(stdout), stderr: plain(stderr) };
      expect(actual).toEqual({
        name,
        exit: transcript.exit,
        stdout: plain(transcript.stdout),
        stderr: plain(transcript.stderr),
      });
    }
  }

  const plain = (text: string): string =>
    text
      .replaceAll(`${lab}/`, '/lab/')
      .replaceAll(tool.home, '/lab/home/.config/VirtualBox')
      .replaceAll(usage.slice(usage.indexOf('Usage -')), '<<usage>>\n')
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, (uuid) =>
        /(.)\1{7}-/.test(uuid) ? uuid : 'UUID',
      )
      .replace(/080027[0-9A-F]{6}|08:00:27(:[0-9a-f]{2}){3}/g, 'MAC')
      .replace(/(?<=HardwareAddress: |fe80::)\S+/g, 'MAC')
      .replace(/\d{4}-\d\d-\d\dT[\d:.-]+Z?/g, 'TIME')
      .replace(/(?<=timestamp: |Timestamp: )\d+/g, 'TIME')
      .replace(/(?<=Size on disk: +)\d+/g, 'N')
      .replace(/(?<=line )\d+/g, 'N');

  it('version, usage, lists of nothing', async () => {
    await play('version', '85-no-args', '85-unknown-command');
    await play(
      'empty-list-vms',
      'empty-list-runningvms',
      'empty-list-hdds',
      'empty-list-dvds',
      'empty-list-hostonlyifs',
    );
    await play('empty-list-hostonlynets', 'empty-list-dhcpservers', 'empty-list-natnets', 'empty-list-hddbackends');
    await play('createvm-no-name', 'createvm-bad-option');
  });

  it('a machine and its settings', async () => {
    await play(
      '10-createvm',
      'createvm-dup-name-same-folder',
      '11-modifyvm-hw',
      '12-modifyvm-nat',
      '12-modifyvm-nat-newnames',
    );
    await play(
      '13-modifyvm-natpf',
      '13-modifyvm-natpf-second',
      '13-modifyvm-natpf-dup-name',
      '13-modifyvm-natpf-dup-port',
    );
    await play(
      '13-modifyvm-natpf-bad',
      '13-modifyvm-natpf-badport',
      '13-modifyvm-natpf-delete-missing',
      '13-modifyvm-natpf-delete',
    );
    await play('13-modifyvm-natpf-again', '15-modifyvm-hostonly-nonexistent-if', '16-showvminfo-mr-created');
    await play(
      '24-modifyvm-hostonlynet-linux',
      'showvminfo-missing-vm',
      'showvminfo-missing-uuid',
      'createvm-bad-ostype',
    );
    await play('showvminfo-mr-bad-ostype', 'createvm-bad-name-slash', '80-startvm-missing', '80-startvm-bad-type');
    await play(
      '81-controlvm-acpi-not-running',
      '81-controlvm-bad',
      '81-controlvm-missing',
      '82-discardstate-not-saved',
      '84-showvminfo-log',
    );
  });

  it('one bad option, nothing changed', async () => {
    const vm = '052e972c-dc06-46a3-ac6d-bdb69107f4ac';
    await byHand(tool, join(lab, 'w')).create('sr', vm);
    await play(
      'w01-natpf-delete-missing-then-add',
      'w02-modifyvm-partial',
      'w03-modifyvm-badmac',
      'w03-modifyvm-mac-multicast',
    );
    await play(
      'w03-modifyvm-cpus-too-many',
      'w03-modifyvm-cpus-zero',
      'w03-modifyvm-memory-too-big',
      'w03-modifyvm-nictype-bad',
    );
    expect((await call('showvminfo', vm, '--machinereadable')).stdout).toContain('\nmemory=1024\n');
  });

  it('host-only interfaces, DHCP and NAT networks', async () => {
    await tool.fail({ kind: 'no-vboxnetctl' });
    await play('14-hostonlyif-create-no-vboxnetctl', '25-hostonlyif-ipconfig-missing', '25-hostonlyif-remove-missing');
    await call('hostonlyif', 'create');
    await play('h01-list-hostonlyifs-unconfigured', 'h02-hostonlyif-ipconfig', 'h03-list-hostonlyifs');
    await play('h04-hostonlyif-ipconfig-forbidden-range', 'h05-hostonlyif-ipconfig-forbidden-10');
    await writeFile(join(tool.home, 'networks.conf'), '* 10.0.0.0/8 192.168.56.0/21\n');
    await play('h12-hostonlyif-ipconfig-networks-conf', 'h13-list-hostonlyifs-networks-conf');
    await play(
      '20-dhcpserver-add',
      '20-dhcpserver-add-dup',
      '20-dhcpserver-add-old-opts',
      '20-dhcpserver-add-ifname-missing',
    );
    await play(
      '21-dhcpserver-modify-fixed-mac',
      '21-dhcpserver-modify-fixed-vm',
      '22-list-dhcpservers',
      '21-dhcpserver-findlease-none',
    );
    await play(
      '21-dhcpserver-findlease-nonet',
      '23-dhcpserver-remove',
      '23-dhcpserver-remove-missing',
      '24-hostonlynet-add-linux',
    );
    await play(
      '26-natnetwork-add',
      '26-list-natnets',
      '26-natnetwork-pf',
      '26-natnetwork-list',
      '26-natnetwork-remove',
    );
  });

  it('media: what is read, what is refused, what copies do', async () => {
    await play('30-clonemedium-qcow2-plain', '30-clonemedium-dest-exists', '30-clonemedium-qcow2-compressed');
    await play(
      '30-clonemedium-qcow2-zstd',
      '30-clonemedium-qcow2-empty',
      '30-clonemedium-raw',
      '30-clonemedium-raw-img',
    );
    await play(
      '30-clonemedium-src-missing',
      '30-clonemedium-qcow2-named-img',
      '30-clonemedium-vdi-qemu',
      '30-clonemedium-vmdk-stream',
    );
    await play(
      '30-clonemedium-vhd-qemu',
      '31-convertfromraw',
      '31-convertfromraw-exists',
      '33-closemedium-src',
      '33-closemedium-unknown',
    );
    await play('33-closemedium-vdi', '30-clonemedium-qcow2-debian', '34-clonemedium-target', '34-modifymedium-resize');
    await play('34-modifymedium-shrink', '35-showmediuminfo');
    await run('cp', [join(lab, 'store/cache/debian.vdi'), join(lab, 'store/cache/copy1.vdi')]);
    await play('3a-showmediuminfo-copy1', '3a-clonemedium-from-dup');
    await run('cp', [join(lab, 'store/cache/textplain.vdi'), join(lab, 'store/cache/base.vdi')]);
    await call('clonemedium', 'disk', join(lab, 'store/cache/base.vdi'), join(lab, 'store/cache/o3.vdi'));
    await run('cp', [join(lab, 'store/cache/fromraw.vdi'), join(lab, 'store/cache/base.vdi')]);
    await play(
      '3b-clonemedium-vdi-replaced-source',
      '3b-closemedium-replaced',
      '3b-clonemedium-vdi-replaced-source-retry',
    );
    await play('60-modifymedium-multiattach');
  });

  it('controllers, disks, shared folders, data and properties', async () => {
    await play(
      '36-storagectl',
      '36-storagectl-dup',
      '37-storageattach-badctl',
      '37-storageattach-missing',
      '37-storageattach-hdd',
    );
    await play(
      '37-storageattach-badport',
      '37-storageattach-seed',
      '38-closemedium-attached',
      '38-deletemedium-attached-dvd',
    );
    await play('39-list-dvds', '39-modifymedium-resize-attached', '40-sharedfolder-add', '40-sharedfolder-add-dup');
    await play(
      '40-sharedfolder-add-missing-path',
      '40-sharedfolder-add-mountpoint',
      '40-sharedfolder-remove',
      '40-sharedfolder-remove-missing',
    );
    await play('40-sharedfolder-modify', '41-setextradata', '41-getextradata', '41-getextradata-missing');
    await call('setextradata', '11111111-1111-4111-8111-111111111111', 'k', 'v');
    await play(
      '41-getextradata-enumerate',
      '42-guestproperty-get-missing',
      '42-guestproperty-set',
      '42-guestproperty-get',
    );
    await call('guestproperty', 'set', '11111111-1111-4111-8111-111111111111', '/x', '1');
    await play('42-guestproperty-enumerate', '42-guestproperty-enumerate-old', '42-guestproperty-enumerate-bare');
    await play('42-guestproperty-enumerate-pattern-none', '42-guestproperty-missing-vm', '42-guestproperty-set-flags');
    await play('42-guestproperty-wait-timeout', '42-guestproperty-wait-timeout-nofail');
  });

  it('snapshots and clones', async () => {
    const vm = '11111111-1111-4111-8111-111111111111';
    await play(
      '50-snapshot-list-none',
      '50-snapshot-list-none-mr',
      '51-snapshot-take',
      '51-snapshot-take-desc',
      '51-snapshot-take-dup',
    );
    await play('52-snapshot-list', '52-snapshot-list-mr', '53-snapshot-restore', '52-snapshot-list-mr-after-restore');
    await call('sharedfolder', 'add', vm, '--name', 'rel', '--hostpath', join(lab, 'share'));
    await call('modifyvm', vm, '--description', 'd', '--nat-localhostreachable1', 'on');
    await play(
      '54-showvminfo-mr-with-snapshots',
      '53-snapshot-restore-missing',
      '55-snapshot-delete-dupname',
      '55-snapshot-delete-missing',
    );
    await play('55-snapshot-delete');
  });

  it('running, paused, saved, aborted', async () => {
    const it55 = '55555555-5555-4555-8555-555555555555';
    const b1 = '66666666-6666-4666-8666-666666666666';
    for (const [name, uuid] of [
      ['it', it55],
      ['b1', b1],
    ] as const) {
      await byHand(tool, join(lab, 'store/machines')).create(name, uuid);
    }
    await play(
      'r01-startvm-headless',
      'r02-list-runningvms',
      'r04-startvm-already-running',
      'r05-modifyvm-running',
      'r05-modifyvm-natpf-running',
    );
    await play(
      'r06-controlvm-natpf',
      'r06-controlvm-natpf-dup',
      'r06-controlvm-natpf-delete',
      'r06-controlvm-natpf-delete-missing',
    );
    await play(
      'r06-controlvm-bad',
      'r07-unregistervm-running',
      'r09-guestproperty-enumerate-running',
      'r09-guestproperty-get-ip-none',
    );
    await play(
      's01-startvm',
      's02-controlvm-pause',
      's02-controlvm-pause-again',
      's03-controlvm-acpipowerbutton-paused',
    );
    await play('s03-startvm-when-paused', 's04-controlvm-resume', 's04-controlvm-resume-again', 's05-controlvm-reset');
    await play(
      's06-snapshot-take-live',
      's06-snapshot-restore-running',
      's06-snapshot-delete-running',
      's07-controlvm-savestate',
    );
    await play(
      's07-list-runningvms-when-saved',
      's07-modifyvm-saved',
      's07-modifyvm-natpf-saved',
      's07-controlvm-poweroff-saved',
    );
    await play(
      's08-startvm-from-saved',
      's09-controlvm-savestate2',
      's10-discardstate',
      's11-startvm',
      's13-controlvm-poweroff',
    );
  });

  it('hostports that are taken', async () => {
    const b1 = '66666666-6666-4666-8666-666666666666';
    const busy = await listenOn(0);
    const port = String((busy.address() as { port: number }).port);
    await call('modifyvm', b1, '--natpf1', `ssh,tcp,127.0.0.1,${port},,22`);
    await play('p01-startvm-hostport-busy');
    expect(await readFile(join(lab, 'store/machines/b1/Logs/VBox.log'), 'utf8')).toContain(
      `failed to set up redirection of ${port} to`,
    );
    await call('controlvm', b1, 'poweroff');
    busy.close();
    await call('modifyvm', b1, '--nic2', 'hostonly', '--hostonlyadapter2', 'vboxnet0', '--natpf1', 'delete', 'ssh');
    await call('hostonlyif', 'remove', 'vboxnet0');
    await play('p03-startvm-hostonly-missing', 'unregistervm-missing');
  });

  it('played enough calls', () => {
    expect(new Set(played).size).toBeGreaterThan(140);
  });
});

async function listenOn(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
