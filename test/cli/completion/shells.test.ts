import { execa } from 'execa';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellOutputs } from '../../../src/cli/completion/shell-output.js';
import { openStore } from '../../../src/machine/file-store.js';
import { machineRecord } from '../../machine/machine-record.js';
import { tlsEngine } from '../../support/tls-engine.js';
import { builtProgram } from '../../support/child-cli.js';

const isMissing = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status !== 0;

/** Real shells read the real script, which asks the real program at each TAB. */
describe('completion in', { timeout: 120_000 }, () => {
  let folder: string;
  let env: Record<string, string>;
  let engine: Awaited<ReturnType<typeof tlsEngine>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'completion-'));
    // The script asks the quick bundle, and that the manifest: both are of the built program.
    const built = join(await builtProgram(), 'bin', 'run.js');
    await mkdir(join(folder, 'bin'));
    const program = join(folder, 'bin', 'swarmup');
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${built}' "$@"\n`);
    await chmod(program, 0o755);
    const store = openStore(join(folder, 'home'));
    // A manager that knows two services: no shell waits for one that does not answer.
    const certs = await store.folder('certs');
    const services = ['web', 'api'].map((Name) => ({ ID: Name, Spec: { Name, Labels: {} } }));
    engine = await tlsEngine({ certs, version: 'x', of: 'manager', answers: { '/services': services } });
    const node = { phase: 'ready', swarm: 'default', role: 'manager' } as const;
    await store.add(machineRecord('manager', { ...node, engine: { url: engine.url, certPath: 'certs' } }));
    await store.add(machineRecord('agent1'));
    const PATH = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
    env = { PATH, HOME: folder, SWARMUP_HOME: store.home, TERM: 'xterm' };
  }, 300_000);
  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = async (shell: string, args: readonly string[]): Promise<string> =>
    (await execa(shell, args, { env, extendEnv: false, cwd: folder, stdin: 'ignore' })).stdout;

  it.skipIf(isMissing('bash')).each([
    ['swarmup insp', 'inspect'],
    ['swarmup inspect ', 'agent1 manager'],
    ['swarmup create --driver=do', 'docker'],
    ['swarmup scp man', 'manager:'],
    ['swarmup service rm ', 'api web'],
    ['swarmup service scale w', 'web='],
  ])('bash: %j', async (line, expected) => {
    // The variables that bash sets at a TAB; compopt only works there.
    const script = `compopt() { :; }; eval "$(swarmup completion bash)"; complete -p swarmup >/dev/null || exit 1
      COMP_LINE=$1 COMP_POINT=\${#1}; _swarmup; echo "\${COMPREPLY[*]}"`;
    expect(await run('bash', ['--norc', '-c', script, 'bash', line])).toBe(expected);
  });

  it.skipIf(isMissing('zsh')).each([
    ['swarmup insp', 'swarmup inspect '],
    ['swarmup inspect man', 'swarmup inspect manager '],
    ['swarmup scp man', 'swarmup scp manager:'],
    ['swarmup service rm w', 'swarmup service rm web '],
    ['swarmup service scale w', 'swarmup service scale web='],
  ])('zsh: %j', async (line, expected) => {
    // A terminal of zsh's own with a TAB typed into it; a widget then tells the line.
    const inner = `PS1=; autoload -Uz compinit; compinit -u -D; eval "$(swarmup completion zsh)"
      tell() { print -r -- "<<$BUFFER>>"; exit }; zle -N tell; bindkey '^X' tell; print READY`;
    await writeFile(join(folder, 'inner.zsh'), inner);
    const outer = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z ". $1"
      zpty -r z found '*READY*'; zpty -w -n z "$2"$'\\t'$'\\x18'
      zpty -r z found '*<<*>>*'; print -r -- "$found"; zpty -d z`;
    const told = await run('zsh', ['-f', '-c', outer, 'zsh', join(folder, 'inner.zsh'), line]);
    expect(/<<(?<line>.*)>>/.exec(told)?.groups?.['line']).toBe(expected);
  });

  it.skipIf(isMissing('fish')).each([
    ['swarmup insp', /^inspect\tprint everything/],
    ['swarmup inspect ', /^agent1\nmanager$/],
    ['swarmup create --driver do', /^docker$/],
    ['swarmup scp man', /^manager:$/],
    ['swarmup service rm ', /^api\nweb$/],
  ])('fish: %j', async (line, expected) => {
    const script = 'swarmup completion fish | source; complete -C $argv[1]';
    expect(await run('fish', ['--no-config', '-c', script, line])).toMatch(expected);
  });

  it('PowerShell: the script registers a completer, and keeps the empty word (its text only: no PowerShell here)', async () => {
    const { script } = shellOutputs.powershell;
    expect(script).toContain('Register-ArgumentCompleter -Native -CommandName swarmup');
    expect(script).toContain(`'--' @words "=$wordToComplete"`);
    expect(await run('swarmup', ['completion', 'powershell', '--', 'inspect', '='])).toBe('agent1\nmanager');
  });
});
