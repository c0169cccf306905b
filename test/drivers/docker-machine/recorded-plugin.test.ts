import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildHandedPlugin, hasGo, pluginScript } from '../../support/docker-machine-plugins.js';
import { converse } from './conversation.js';

/** What the plugin in Go and this client said to each other; `vitest -u` with Go writes it anew. */
const recording = join(import.meta.dirname, 'fixtures', 'handed.recording.json');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorded-plugin-'));
  if (hasGo) await buildHandedPlugin();
}, 180_000);
afterAll(() => rm(folder, { recursive: true }));

describe('a plugin', () => {
  it.skipIf(!hasGo)('in Go talks with this client as it was recorded, to the byte', async () => {
    const script = await pluginScript('recorder', 'record-plugin.mjs');
    const path = join(folder, 'recording.json');
    const binary = join(await buildHandedPlugin(), 'docker-machine-driver-handed');
    await converse(script, { RECORDED_PLUGIN: binary, RECORDING: path });
    const steps = JSON.parse(await readFile(path, 'utf8')) as unknown;
    await expect(`${JSON.stringify(steps, undefined, 2)}\n`).toMatchFileSnapshot(recording);
    await rm(dirname(script), { recursive: true });
  });

  it('that plays the recording understands every byte, and is understood', async () => {
    const script = await pluginScript('recorded', 'play-recording.mjs');
    const { answers } = await converse(script, { RECORDING: recording });
    expect(answers).toMatchObject({
      'without token': 'handed requires --handed-token',
      config: {
        MachineName: 'm1',
        IPAddress: '127.0.0.1',
        SSHUser: 'root',
        SSHPort: 2222,
        Token: 'grüße',
        Labels: ['one', 'two'],
        Checked: true,
      },
      ip: '127.0.0.1',
      'key path': '',
      port: 2222,
      state: 4,
      create: 'open /nonexistent/key: no such file or directory',
    });
    expect(answers['flags']).toContainEqual({
      kind: 'list',
      name: 'handed-label',
      usage: 'labels',
      env: '',
      default: ['some', 'more'],
    });
    expect(answers['flags']).toHaveLength(10);
    await rm(dirname(script), { recursive: true });
  });

  it('that is sent other bytes than the recorded ones says so', async () => {
    const steps = JSON.parse(await readFile(recording, 'utf8')) as { from: string; hex: string }[];
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify(steps.map((step, at) => (at === 4 ? { ...step, hex: 'ff' } : step))));
    const script = await pluginScript('recorded', 'play-recording.mjs');
    await expect(converse(script, { RECORDING: other })).rejects.toMatchObject({ code: 'PLUGIN_BROKEN' });
    await rm(dirname(script), { recursive: true });
  });
});
