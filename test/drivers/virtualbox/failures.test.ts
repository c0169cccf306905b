import { describe, expect, it } from 'vitest';
import { failureOf, hasFailed, isTransient, verdictOfList } from '../../../src/drivers/virtualbox/tool/failures.js';
import { listTopic, transcript, transcriptNames } from './transcripts.js';

describe('failures of VBoxManage', () => {
  it('are told by the exit status, or by an error on stderr where that is 0', () => {
    const silent = ['82-discardstate-not-saved', 'race-showvminfo-rc0-object-not-ready'];
    for (const name of transcriptNames.filter((one) => listTopic(one) === undefined)) {
      const output = transcript(name);
      expect(hasFailed(output), name).toBe(output.exitCode !== 0 || silent.includes(name));
    }
  });

  it('are told by exit status and shape alone where it lists something', () => {
    const verdicts = transcriptNames.flatMap((name) => {
      const topic = listTopic(name);
      return topic === undefined ? [] : [[name, verdictOfList(topic, transcript(name))] as const];
    });
    const notGood = verdicts.filter(([, verdict]) => verdict !== 'good');
    expect(notGood).toEqual([
      ['svc-race-failed-to-create-virtualbox-object', 'failed'],
      ['x02-list-long-vms-cut-at-umlaut-lang-c', 'cut'],
    ]);
    expect(verdicts.length).toBeGreaterThan(7);
  });

  it.each(['"m1" {11111111-1111-4111-8111-111111111111}\n"B', '"B'])('and %j is cut', (stdout) => {
    expect(verdictOfList(['vms'], { exitCode: 0, stdout, stderr: '' })).toBe('cut');
  });

  it('pass by themselves where two clients met, or VBoxSVC was just ending', () => {
    const passing = transcriptNames.filter((name) => isTransient(transcript(name)));
    expect(passing.sort()).toEqual(
      [
        'r05-modifyvm-running',
        'race-modifyvm-already-locked',
        'race-showvminfo-lock-request-pending',
        'race-showvminfo-other',
        'race-showvminfo-rc0-object-not-ready',
        'race-showvminfo-rc1-object-not-ready',
        'svc-race-failed-to-create-virtualbox-object',
      ].filter((name) => transcriptNames.includes(name)),
    );
  });

  it.each([
    ['showvminfo-missing-uuid', 'VM_UNKNOWN', 1],
    ['unregistervm-missing', 'VM_UNKNOWN', 1],
    ['81-controlvm-acpi-not-running', 'VM_NOT_RUNNING', 1],
    ['q04-showvminfo-mr-inaccessible', 'VM_INACCESSIBLE', 1],
    ['q04-unregistervm-inaccessible', 'VM_INACCESSIBLE', 1],
    ['r07-unregistervm-running', 'VM_LOCKED', 1],
    ['r04-startvm-already-running', 'VM_LOCKED', 1],
    ['14-hostonlyif-create-no-vboxnetctl', 'HOSTONLY_UNAVAILABLE', 3],
    ['h04-hostonlyif-ipconfig-forbidden-range', 'HOSTONLY_FORBIDDEN', 3],
    ['p03-startvm-hostonly-missing', 'HOSTONLY_MISSING', 1],
    ['p09-startvm-hostonly-driverless', 'KERNEL_MODULE_MISSING', 3],
    ['30-clonemedium-qcow2-zstd', 'IMAGE_UNSUPPORTED', 3],
    ['30-clonemedium-raw', 'IMAGE_UNSUPPORTED', 3],
    ['w03-modifyvm-memory-too-big', 'OPTION_INVALID', 2],
    ['svc-race-failed-to-create-virtualbox-object', 'VBOXSVC_GONE', 1],
    ['34-modifymedium-shrink', 'VBOX_FAILED', 1],
    ['85-unknown-command', 'VBOX_FAILED', 1],
  ])('%s is %s', (name, code, exitCode) => {
    const failure = failureOf('VBoxManage x', transcript(name));
    expect(failure).toMatchObject({ code, exitCode });
    expect(failure.message.split('\n')).toHaveLength(1);
    expect(failure.message).not.toContain('Usage');
  });

  it.each([
    ['VERR_VMX_IN_VMX_ROOT_MODE', 'VTX_UNAVAILABLE'],
    ['VERR_SVM_IN_USE', 'VTX_UNAVAILABLE'],
    ['VERR_NEM_VM_CREATE_FAILED', 'VTX_UNAVAILABLE'],
    ['VERR_NO_MEMORY', 'MEMORY_SHORT'],
    ['vmnet_start_interface returned 1001', 'HOSTONLY_FORBIDDEN'],
    ['VERR_DISK_FULL', 'DISK_FULL'],
    ['VERR_VM_DRIVER_NOT_INSTALLED', 'KERNEL_MODULE_MISSING'],
  ])('%s is %s, with a remedy', (said, code) => {
    const stderr = `VBoxManage: error: Something (${said})\n`;
    const failure = failureOf('VBoxManage startvm', { exitCode: 1, stdout: '', stderr });
    expect(failure).toMatchObject({ code, exitCode: 3 });
    expect(failure.hints).not.toEqual([]);
  });
});
