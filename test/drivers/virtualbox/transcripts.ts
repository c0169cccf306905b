import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolOutput } from '../../../src/drivers/virtualbox/tool/failures.js';

const folder = join(import.meta.dirname, 'transcripts');

/** Names of the recorded calls of VBoxManage 7.2.22 on Linux. */
export const transcriptNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.exit'))
  .map((file) => file.slice(0, -'.exit'.length));

/** `--long vms` of a recorded `VBoxManage list --long vms`; undefined of another call. */
export function listTopic(name: string): readonly string[] | undefined {
  const [, topic] =
    /^(?:LANG=C LC_ALL=C )?VBoxManage list (.*)$/m.exec(readFileSync(join(folder, `${name}.cmd`), 'utf8')) ?? [];
  return topic?.split(' ');
}

/** What the real VBoxManage answered to a call. */
export function transcript(name: string): ToolOutput {
  const read = (part: string): string => readFileSync(join(folder, `${name}.${part}`), 'utf8');
  return { exitCode: Number(read('exit').trim()), stdout: read('stdout'), stderr: read('stderr') };
}
