import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dockerRepositoryScript,
  offersScript,
  packagesScript,
  removeDockerRepositoryScript,
  repairScript,
} from '../../../src/bootstrap/distros/apt-scripts.js';
import { parseOffers } from '../../../src/bootstrap/distros/package-tool.js';
import { findDistro } from '../../../src/bootstrap/distros/distros.js';
import { scriptText } from '../../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../../support/local-shell.js';
import { factsOf } from '../facts-text.js';

const madison = ' docker.io | 20.10.24+dfsg1-1 | http://mirror.example/debian bookworm/main amd64 Packages';
const aptGet =
  '#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >>"$STATE/log"; echo "E: told on stderr" >&2; exit "${APT_STATUS:-0}"\n';
const aptCache = `#!/bin/sh\necho '${madison}'\n`;
/** The folder of partial downloads, `AGE`: fresh, old. */
const find = '#!/bin/sh\n[ "$AGE" = old ] || echo "$1"\n';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmup-apt-'));
  for (const [name, text] of Object.entries({ 'apt-get': aptGet, 'apt-cache': aptCache, find })) {
    await writeFile(join(root, name), text);
    await chmod(join(root, name), 0o755);
  }
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

const log = async (): Promise<string> => readFile(join(root, 'log'), 'utf8').catch(() => '');

// busybox's shell takes its own find and never a stub; apt's hosts have another one.
const shells = localShells.filter(([file]) => file !== 'busybox').map((shell) => ({ shell }));

describe.each(shells)('by $shell', ({ shell }) => {
  const run = (script: Parameters<typeof scriptText>[0], env: Readonly<Record<string, string>> = {}) =>
    runLocally(shell, scriptText(script), {
      PATH: `${root}:${process.env['PATH'] ?? ''}`,
      STATE: root,
      ...env,
    });

  it('fresh lists are not fetched again', async () => {
    const { status, stdout } = run(offersScript(['docker.io'], 'when-old'), { AGE: 'fresh' });
    expect(status).toBe(0);
    expect(parseOffers(stdout)).toEqual([{ package: 'docker.io', version: '20.10.24+dfsg1-1' }]);
    expect(await log()).toBe('');
  });

  it.each([
    ['old lists', 'when-old', 'old'],
    ['lists that a mirror contradicts', 'always', 'fresh'],
  ] as const)('%s are fetched, with patience and without questions', async (_, refresh, AGE) => {
    expect(run(offersScript(['docker.io'], refresh), { AGE }).status).toBe(0);
    expect(await log()).toMatch(/^noninteractive -q -y .*DPkg::Lock::Timeout=300.* update\n$/);
  });

  it('a failed update shows in the status, its errors and the offers in the output', () => {
    const { status, stdout } = run(offersScript(['docker.io'], 'always'), { APT_STATUS: '100' });
    expect(status).toBe(100);
    expect(stdout).toContain('E: told on stderr\nswarmup-offers\n');
    expect(parseOffers(stdout)).toHaveLength(1);
  });

  it("the installation has apt's status and names its packages", async () => {
    expect(run(packagesScript(['docker.io=5:1~x'], 'Docker'), { APT_STATUS: '100' }).status).toBe(100);
    expect(await log()).toMatch(/ install --no-install-recommends docker\.io=5:1~x\n$/);
  });

  it('the others are at least valid shell', () => {
    const distro = findDistro('agent1', factsOf());
    for (const script of [dockerRepositoryScript(distro, 'bookworm'), removeDockerRepositoryScript, repairScript])
      expect(runLocally([...shell, '-n'], scriptText(script))).toMatchObject({ status: 0, stderr: '' });
  });
});
