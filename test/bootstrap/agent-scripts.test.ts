import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentStateScript, installAgentScript, removeAgentScript } from '../../src/bootstrap/agent-scripts.js';
import type { AgentPaths } from '../../src/bootstrap/agent-paths.js';
import { type RemoteScript, scriptText } from '../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../support/local-shell.js';

/** A host in a few lines: `active`, `enabled`, `user` are its state; `broken` makes systemctl fail. */
const programs: Readonly<Record<string, string>> = {
  systemctl: `#!/bin/sh
cd "$STATE" || exit 9
case "$1" in
is-active) [ -e active ]; exit ;;
is-enabled) [ -e enabled ]; exit ;;
show) case "$3" in ActiveState) [ -e active ] && echo active || echo failed ;; MemoryCurrent) echo 15000000 ;; *) echo 2 ;; esac; exit ;;
esac
echo "$*" >>log
[ ! -e broken ] || exit 1
case "$1" in
enable) touch enabled ;;
disable) rm -f enabled active ;;
restart) touch active ;;
esac
`,
  getent: '#!/bin/sh\n[ ! -e "$STATE/no-group" ]\n',
  id: '#!/bin/sh\n[ -e "$STATE/user" ]\n',
  useradd: '#!/bin/sh\necho "useradd $*" >>"$STATE/log"; touch "$STATE/user"\n',
  userdel: '#!/bin/sh\necho "userdel $*" >>"$STATE/log"; rm "$STATE/user"\n',
  journalctl: '#!/bin/sh\necho "Error: listen EADDRINUSE"\n',
};
const nodeOf = (version: string): string => `#!/bin/sh\necho ${version}\n`;
const files = {
  program: 'console.log("$HOME `x` \\\\n");\n',
  unit: '[Service]\nExecStart=@NODE@ --flag agent.js\nEnvironment=SWARMUP_AGENT_VERSION=abc\n',
  version: 'abc',
};

let root: string;
let paths: AgentPaths;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmup-agent-'));
  paths = {
    program: join(root, 'lib/swarmup/agent.js'),
    runtime: join(root, 'lib/swarmup/node'),
    unit: join(root, 'etc/swarmup-agent.service'),
    state: join(root, 'state'),
    restartPending: join(root, 'pending'),
  };
  await mkdir(join(root, 'bin'));
  for (const [name, text] of Object.entries(programs)) await program(join(root, 'bin', name), text);
  await program(join(root, 'bin/node'), nodeOf('v18.20.4'));
  // It hides one that this machine may have.
  await program(join(root, 'bin/nodejs'), nodeOf('v10.0.0'));
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function program(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}
const setState = async (name: string): Promise<void> => writeFile(join(root, name), '');
const read = async (path: string): Promise<string> => readFile(path, 'utf8');
const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
function run(script: RemoteScript, shell: readonly string[] = ['sh']): ReturnType<typeof runLocally> {
  const env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, STATE: root };
  return runLocally(shell, scriptText(script), env);
}
const install = (shell?: readonly string[], more: Partial<typeof files> = {}) =>
  run(installAgentScript({ ...files, ...more }, paths), shell);
/** What was ordered since the last time. */
async function orders(): Promise<readonly string[]> {
  const log = await read(join(root, 'log')).catch(() => '');
  await writeFile(join(root, 'log'), '');
  return log.split('\n').filter((line) => line !== '');
}

// busybox's shell takes its own id and never a stub.
const shells = localShells.filter(([file]) => file !== 'busybox').map((shell) => ({ shell }));

describe.each(shells)('by $shell, the script', ({ shell }) => {
  it('installs the agent, starts it, and does nothing the second time', async () => {
    expect(install(shell)).toMatchObject({ status: 0, stdout: 'result=installed\nnode=v18.20.4\n', stderr: '' });
    expect(await orders()).toEqual([
      expect.stringMatching(/^useradd --system .*swarmup-agent$/),
      'enable --quiet --no-reload swarmup-agent.service',
      'restart swarmup-agent.service',
    ]);
    expect(await read(paths.program)).toBe(files.program);
    expect(await read(paths.unit)).toBe(files.unit.replace('@NODE@', join(root, 'bin/node')));
    expect(install(shell)).toMatchObject({ status: 0, stdout: 'result=unchanged\nnode=v18.20.4\n', stderr: '' });
    expect(await orders()).toEqual([]);
  });

  it('takes everything away again', async () => {
    install(shell);
    await writeFile(paths.runtime, '');
    await orders();
    expect(run(removeAgentScript(paths), shell)).toMatchObject({ status: 0, stdout: 'result=removed\n', stderr: '' });
    expect(await orders()).toEqual([
      'disable --quiet --now swarmup-agent.service',
      'userdel swarmup-agent',
      'daemon-reload',
    ]);
    for (const path of [paths.unit, paths.program, paths.runtime, paths.state]) expect(await exists(path)).toBe(false);
    expect(run(removeAgentScript(paths), shell).stdout).toBe('result=unchanged\n');
    expect(await orders()).toEqual([]);
  });

  it('tells how the agent is', () => {
    expect(run(agentStateScript(paths), shell).stdout).toBe('unit=absent\n');
    install(shell);
    expect(run(agentStateScript(paths), shell)).toMatchObject({
      status: 0,
      stdout: 'unit=active\nversion=abc\nnode=v18.20.4\nmemory=15000000\nrestarts=2\n',
      stderr: '',
    });
  });
});

describe('the script', () => {
  it('restarts the agent for another program', async () => {
    install();
    await orders();
    expect(install(undefined, { program: 'other\n' }).stdout).toBe('result=upgraded\nnode=v18.20.4\n');
    expect(await orders()).toEqual(['daemon-reload', 'restart swarmup-agent.service']);
  });

  it('starts what an interrupted run has only written', async () => {
    install();
    await setState('broken');
    expect(install(undefined, { program: 'other\n' })).toMatchObject({ status: 1 });
    await rm(join(root, 'broken'));
    await orders();
    expect(install(undefined, { program: 'other\n' }).stdout).toMatch(/^result=upgraded\n/);
    expect(await orders()).toEqual(['daemon-reload', 'restart swarmup-agent.service']);
  });

  it('tries again after a reload where systemd does not find the new unit by itself', async () => {
    await program(join(root, 'bin/real-systemctl'), programs['systemctl'] ?? '');
    const old = '#!/bin/sh\n[ "$1" != daemon-reload ] || touch "$STATE/reloaded"\n';
    const fails = '[ "$1" != restart ] || [ -e "$STATE/reloaded" ] || exit 5\nexec real-systemctl "$@"\n';
    await program(join(root, 'bin/systemctl'), old + fails);
    expect(install()).toMatchObject({ status: 0, stdout: 'result=installed\nnode=v18.20.4\n' });
    expect((await orders()).slice(-2)).toEqual(['daemon-reload', 'restart swarmup-agent.service']);
  });

  it('starts an agent that is down', async () => {
    install();
    await rm(join(root, 'active'));
    await orders();
    expect(install().stdout).toMatch(/^result=upgraded\n/);
    expect(await orders()).toContain('restart swarmup-agent.service');
  });

  it.each([
    ['that is too old', 'v12.22.9', 'v12.22.9'],
    ['that does not start', '', ''],
  ])('touches nothing with a Node.js %s', async (_, version, old) => {
    for (const name of ['node', 'nodejs'])
      await program(join(root, 'bin', name), version === '' ? '#!/bin/sh\nexit 127\n' : nodeOf(version));
    expect(install()).toMatchObject({ status: 0, stdout: `result=no-node\nold=${old}\n` });
    expect(await orders()).toEqual([]);
    expect(await exists(paths.unit)).toBe(false);
  });

  it("takes the Node.js that swarmup brought where the host's is too old", async () => {
    await program(join(root, 'bin/node'), nodeOf('v12.22.9'));
    await mkdir(join(root, 'lib/swarmup'), { recursive: true });
    await program(paths.runtime, nodeOf('v20.1.0'));
    expect(install().stdout).toBe('result=installed\nnode=v20.1.0\n');
    expect(await read(paths.unit)).toContain(`ExecStart=${paths.runtime} --flag`);
  });

  it('hides what is there, and nothing that is not', async () => {
    const hide = (name: string): string => `BindReadOnlyPaths=/dev/null:${join(root, name)}\n`;
    const unit = `${files.unit}${hide('bin/node')}${hide('bin/nod')}${hide('missing')}# end\n`;
    expect(install(undefined, { unit })).toMatchObject({ status: 0, stdout: 'result=installed\nnode=v18.20.4\n' });
    expect((await read(paths.unit)).endsWith(`=abc\n${hide('bin/node')}# end\n`)).toBe(true);
    expect(install(undefined, { unit }).stdout).toBe('result=unchanged\nnode=v18.20.4\n');
  });

  it('says what is missing', async () => {
    await setState('no-group');
    const { status, stderr } = install();
    expect(status).toBe(1);
    expect(stderr).toBe('there is no group docker, whose members may use the engine\n');
  });

  it('shows the journal of an agent that failed', async () => {
    install();
    await rm(join(root, 'active'));
    const { stdout } = run(agentStateScript(paths));
    expect(stdout).toContain('unit=failed\n');
    expect(stdout).toContain('journal=Error: listen EADDRINUSE\n');
  });

  it('shows the journal of a running one only where that is asked for', () => {
    install();
    expect(run(agentStateScript(paths)).stdout).not.toContain('journal=');
    expect(run(agentStateScript(paths, 'always')).stdout).toContain('unit=active\n');
    expect(run(agentStateScript(paths, 'always')).stdout).toContain('journal=Error: listen EADDRINUSE\n');
  });
});
