import { describe, expect, it } from 'vitest';
import { toolEnvironment, userEnvironment } from '../../src/lib/child-environment.js';
import { processRunner } from '../../src/lib/local-process.js';
import { sourceFiles, sourceText } from '../support/source-imports.js';

const secrets = {
  SWARMUP_SUDO_PASSWORD: 'hunter2',
  SWARMUP_KEY_PASSPHRASE: 'hunter2',
  SWARMUP_PASSPHRASE_FILE: '/tmp/hunter2',
};
const env = {
  ...secrets,
  PATH: process.env['PATH'],
  HOME: '/home/me',
  LC_ALL: 'C',
  https_proxy: 'p',
  AWS_PROFILE: 'a',
};

describe('the environment of a child process', () => {
  it('is a list of names for tools', () => {
    expect(Object.keys(toolEnvironment(env)).sort()).toEqual(['HOME', 'LC_ALL', 'PATH', 'https_proxy']);
    expect(toolEnvironment(env, /^AWS_/)).toHaveProperty('AWS_PROFILE', 'a');
    expect(toolEnvironment(env, /./)).not.toHaveProperty('SWARMUP_SUDO_PASSWORD');
  });

  it('has everything but the secrets of swarmup for commands of the user', () => {
    expect(Object.keys(userEnvironment(env)).sort()).toEqual(['AWS_PROFILE', 'HOME', 'LC_ALL', 'PATH', 'https_proxy']);
  });

  it.each(['tool', 'user'] as const)('reaches a real program of the kind %s without secrets', async (inherits) => {
    const { stdout } = await processRunner(env)('env', [], { timeoutMs: 10_000, inherits, env: { EXTRA: 'x' } });
    expect(stdout).toContain('HOME=/home/me');
    expect(stdout).toContain('EXTRA=x');
    expect(stdout).not.toContain('hunter2');
  });

  it('is made by one function wherever a program is started', () => {
    const starts = sourceFiles.filter((file) => /from 'node:child_process'|import\('execa'\)/.test(sourceText(file)));
    expect(starts.length).toBeGreaterThan(0);
    expect(starts.filter((file) => !/\b(tool|user)Environment\(/.test(sourceText(file)))).toEqual([]);
  });
});
