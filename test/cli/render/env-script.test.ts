import { execa } from 'execa';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectShell, envScript, type Shell, shells } from '../../../src/cli/render/env-script.js';

const variables = { DOCKER_HOST: 'tcp://192.0.2.7:2376', DOCKER_CERT_PATH: "/home/o'neil/my certs" };

describe('envScript', () => {
  it.each(shells.map((shell) => [shell]))('%s', (shell) => {
    const set = envScript(shell, variables, 'swarmup env manager');
    const unset = envScript(shell, { DOCKER_HOST: null }, 'swarmup env --unset');
    expect(`${set}---\n${unset}`).toMatchSnapshot();
  });

  it('escapes what emacs and PowerShell would read', () => {
    expect(envScript('emacs', { A: String.raw`a\b"c` }, 'x')).toContain(String.raw`(setenv "A" "a\\b\"c")`);
    expect(envScript('powershell', { A: "it's $HOME" }, 'x')).toContain("$Env:A = 'it''s $HOME'");
  });
});

/** How each shell evaluates our output, as the usage line says; it gets the output in SCRIPT. */
const evaluate: readonly (readonly [Shell, string, readonly string[]])[] = [
  ['bash', 'bash', ['--norc', '-c', 'eval "$(printf %s "$SCRIPT")"; printenv TESTED']],
  ['sh', 'dash', ['-c', 'eval "$(printf %s "$SCRIPT")"; printenv TESTED']],
  ['zsh', 'zsh', ['-f', '-c', 'eval "$(printf %s "$SCRIPT")"; printenv TESTED']],
  ['fish', 'fish', ['--no-config', '-c', 'printf %s "$SCRIPT" | source; printenv TESTED']],
  ['tcsh', 'tcsh', ['-f', '-c', 'eval "`printenv SCRIPT`"; printenv TESTED']],
];

const isInstalled = async (program: string): Promise<boolean> =>
  (await execa('sh', ['-c', `command -v ${program}`], { reject: false })).exitCode === 0;

/** Whatever a path may hold, but for line ends and NUL. */
const awkward = fc.string({
  minLength: 1,
  maxLength: 40,
  unit: fc.constantFrom(...Array.from('abZ09 /.:-_=,+@%~#!?*[](){}<>|&;^$`"\'\\äß€')),
});

describe('real shells read the values as they are', () => {
  for (const [shell, program, args] of evaluate)
    it(program, { timeout: 60_000 }, async ({ skip }) => {
      if (!(await isInstalled(program))) skip(`${program} is not installed here`);
      const evaluated = async (script: string, env: Readonly<Record<string, string>> = {}): Promise<string> =>
        (await execa(program, args, { env: { SCRIPT: script, ...env }, reject: false, stripFinalNewline: false }))
          .stdout;
      await fc.assert(
        fc.asyncProperty(awkward, async (value) => {
          const script = envScript(shell, { OTHER: 'x', TESTED: value }, 'swarmup env manager');
          expect(await evaluated(script)).toBe(`${value}\n`);
        }),
        { numRuns: 25, examples: [["'"], ['a  b'], ['!!'], ['\\'], ["\\'"], ['$(id) `id` $HOME'], [' x ']] },
      );
      expect(await evaluated(envScript(shell, { TESTED: null }, 'swarmup env --unset'), { TESTED: 'x' })).toBe('');
    });
});

describe('detectShell', () => {
  it.each<[Record<string, string>, NodeJS.Platform, string | undefined, Shell]>([
    [{ SHELL: '/bin/bash' }, 'linux', 'fish', 'fish'],
    [{ SHELL: '/usr/bin/zsh' }, 'linux', 'node', 'zsh'],
    [{ SHELL: '/bin/zsh' }, 'darwin', undefined, 'zsh'],
    [{ SHELL: '/bin/dash' }, 'linux', undefined, 'sh'],
    [{ SHELL: '/opt/xonsh' }, 'linux', 'python3', 'sh'],
    [{}, 'linux', '-tcsh', 'tcsh'],
    [{}, 'linux', 'nu', 'nushell'],
    [{}, 'linux', 'toString', 'sh'],
    [{ PSModulePath: 'C:\\x' }, 'win32', undefined, 'powershell'],
    [{ SHELL: 'C:\\Program Files\\Git\\bin\\bash.exe', PSModulePath: 'x' }, 'win32', undefined, 'bash'],
    [{}, 'win32', undefined, 'cmd'],
  ])('%j on %s, started by %s: %s', (env, platform, parent, shell) => {
    expect(detectShell(env, platform, parent)).toBe(shell);
  });
});
