import { execa } from 'execa';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processRunner } from '../../../src/lib/local-process.js';
import { addDriverPackage } from '../../../src/operations/drivers/driver-packages.js';
import { operationContext } from '../../support/operation-context.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-package-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A package whose install script writes what it sees of the environment, as npm packs it. */
async function packed(): Promise<string> {
  const script = `node -e "require('fs').writeFileSync('${join(folder, 'seen')}', String(process.env.SWARMUP_SUDO_PASSWORD))"`;
  const manifest = { name: 'noisy', version: '1.0.0', scripts: { postinstall: script } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await execa('npm', ['pack', '--silent'], { cwd: folder });
  return join(folder, 'noisy-1.0.0.tgz');
}

const seen = (): Promise<string> => readFile(join(folder, 'seen'), 'utf8').catch(() => 'nothing');

describe('a package of drivers', { timeout: 60_000 }, () => {
  it.each([
    [false, 'nothing'],
    [true, 'undefined'],
  ])('runs its install script only when that is asked (%s), without the secrets of swarmup', async (scripts, saw) => {
    const env = { ...process.env, SWARMUP_SUDO_PASSWORD: 'hunter2' };
    const context = operationContext(folder, [], { run: processRunner(env) });
    const { packages } = await addDriverPackage(context, join(folder, 'plugins'), await packed(), { scripts });
    expect(packages).toEqual(['noisy']);
    expect(await seen()).toBe(saw);
  });
});
