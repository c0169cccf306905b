import { describe, expect, it } from 'vitest';
import {
  parseBlocks,
  parseLongList,
  parseMachineReadable,
  parseSnapshots,
  parseVersion,
  parseVmInfo,
  parseVmList,
  stripWarning,
} from '../../../src/drivers/virtualbox/tool/parse.js';
import { transcript } from './transcripts.js';

const out = (name: string): string => transcript(name).stdout;

describe('what VBoxManage prints', () => {
  it('a version, also behind the warning that the kernel module is missing', () => {
    expect(parseVersion(out('version'))).toEqual({ major: 7, minor: 2, text: '7.2.22_Debianr175245' });
    const { text, warning } = stripWarning(out('version-wrapper-no-vboxdrv'));
    expect(parseVersion(text)).toMatchObject({ major: 7, minor: 2 });
    expect(text.trim()).toBe('7.2.22_Debianr175245');
    expect(warning).toBe('The character device /dev/vboxdrv does not exist.');
    expect(stripWarning(out('version'))).toEqual({ text: out('version'), warning: undefined });
    expect(parseVersion('7.0.14r161095\n')).toMatchObject({ major: 7, minor: 0 });
    expect(parseVersion('no version')).toBeUndefined();
  });

  it('the list of machines, two of one name and one without settings among them', () => {
    const two = parseVmList(out('list-vms-two'));
    expect([...two.values()].filter((name) => name === 'm1')).toHaveLength(2);
    expect(parseVmList(out('q04-list-vms-inaccessible')).get('88888888-8888-4888-8888-888888888888')).toBe(
      '<inaccessible>',
    );
    expect(parseVmList('').size).toBe(0);
  });

  it('one machine: its state, its rules, its logs', () => {
    const info = parseVmInfo(out('r03-showvminfo-mr-running'));
    expect(info).toMatchObject({
      state: 'running',
      logFolder: '/lab/store/machines/it/Logs',
      rules: [{ name: 'ssh', protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 45_022 }],
    });
    expect(info?.values.get('VIRTIO-0-0')).toBe('/lab/store/machines/it/disk.vdi');
    expect(info?.values.get('macaddress1')).toBe('080027C06FC2');
    expect(info?.values.get('name')).toBe('it');
    expect(parseVmInfo(out('54-showvminfo-mr-with-snapshots'))?.state).toBe('poweroff');
  });

  it('an answer that was cut off before the state is no answer', () => {
    const whole = out('r03-showvminfo-mr-running');
    expect(parseVmInfo(whole.slice(0, whole.indexOf('VMState=')))).toBeUndefined();
  });

  it('quotes and backslashes in values', () => {
    const values = parseMachineReadable('a="C:\\\\Users\\\\x"\n"b c"="say \\"hi\\""\n rec_screen0\nd=5\nd=6\n');
    expect([...values]).toEqual([
      ['a', 'C:\\Users\\x'],
      ['b c', 'say "hi"'],
      ['d', '5'],
    ]);
  });

  it('all machines at once, with their states, cards and rules', () => {
    expect(parseLongList(out('q02-list-long-vms'))).toMatchObject([
      {
        name: 'm1',
        uuid: '11111111-1111-4111-8111-111111111111',
        state: 'saved',
        configFile: '/lab/store/machines/m1/m1.vbox',
        macs: ['0800277493DA'],
        rules: [{ name: 'docker', hostPort: 42_376 }, { name: 'ssh', hostPort: 40_022 }, { hostPort: 34_463 }],
      },
      { name: 'it', state: 'powered off' },
      { name: 'b1', state: 'paused' },
    ]);
    expect(parseLongList(out('x01-list-long-vms-inaccessible'))).toMatchObject([
      { uuid: '731585e7-4574-4a4d-b5cb-cfe62ee46a92', state: 'inaccessible' },
    ]);
    expect(parseLongList('')).toEqual([]);
  });

  it('host-only interfaces', () => {
    const [block] = parseBlocks(out('h03-list-hostonlyifs'), 'Name');
    expect(Object.fromEntries(block ?? [])).toMatchObject({
      Name: 'vboxnet0',
      IPAddress: '192.168.56.1',
      NetworkMask: '255.255.255.0',
      Status: 'Up',
    });
    expect(parseBlocks('Name: a\n\nLowerIP: 1.2.3.4\nName: b\n', 'Name')).toHaveLength(2);
  });

  it('snapshots, in the order in which they were taken', () => {
    expect(parseSnapshots(out('52-snapshot-list-mr'))).toMatchObject([
      { name: 'base', uuid: 'a2b6b7d7-ab84-4ab4-b059-eb535a4603c6', current: false },
      { name: 's2', description: 'second snapshot' },
      { name: 'base', uuid: '200767c0-a6fa-4993-8267-d416e8527e8d', current: true },
    ]);
  });
});
