import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What a folder of src/ may import besides itself. A folder that is not listed fails the build. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  machine: ['lib'],
  ssh: ['lib'],
  drivers: ['lib'],
  plan: ['lib', 'drivers', 'machine', 'ssh'],
  bootstrap: ['lib', 'drivers', 'machine', 'ssh'],
  swarm: ['lib', 'drivers', 'machine', 'ssh'],
  doctor: ['lib', 'bootstrap', 'ssh'],
  agent: ['lib', 'swarm'],
  lab: ['lib', 'drivers', 'machine', 'swarm'],
  operations: ['lib', 'drivers', 'machine', 'ssh', 'plan', 'bootstrap', 'swarm', 'doctor', 'agent', 'lab'],
  // Of the doctor only the type of its findings, for the report; of labs that of their plans.
  cli: ['lib', 'drivers', 'machine', 'ssh', 'operations', 'doctor', 'lab'],
  commands: ['lib', 'drivers', 'machine', 'lab', 'operations', 'cli'],
};

/** Heavy or stateful libraries have one importing file (or folder) each. */
const onlyIn: Readonly<Record<string, string>> = {
  ssh2: 'ssh/',
  execa: 'lib/local-process.ts',
  listr2: 'cli/',
  '@oclif/core': 'c',
  '@inquirer/prompts': 'cli/',
  '@peculiar/x509': 'bootstrap/',
  'tar-stream': 'lib/tar-archive.ts',
  '@aws-sdk/client-ec2': 'drivers/aws/',
  'ssh-config': 'drivers/generic/',
};

const src = join(import.meta.dirname, '..', 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
const importPattern = /(?:from|import)\s*\(?\s*'([^']+)'/g;
const importsOf = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(importPattern)].map((m) => m[1] ?? '');

describe('architecture', () => {
  it('imports point downward only', () => {
    const wrong = files.flatMap((file) => {
      const layer = file.split(sep)[0] ?? '';
      const allowed = mayImport[layer];
      if (allowed === undefined) return [`src/${layer} is not a layer`];
      return importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(src, resolve(src, dirname(file), target)).split(sep)[0] ?? '')
        .filter((target) => target !== layer && !allowed.includes(target))
        .map((target) => `${file} imports ${target}/`);
    });
    expect(wrong).toEqual([]);
  });

  it('a driver imports no other driver', () => {
    const wrong = files
      .filter((file) => /^drivers[/\\][^/\\]+[/\\]/.test(file))
      .flatMap((file) => {
        const own = file.split(sep)[1] ?? '';
        return importsOf(file)
          .filter((target) => target.startsWith('.'))
          .map((target) => relative(join(src, 'drivers'), resolve(src, dirname(file), target)).split(sep))
          .filter((parts) => parts.length > 1 && parts[0] !== '..' && parts[0] !== own && own !== 'testing')
          .map((parts) => `${file} imports drivers/${parts.join('/')}`);
      });
    expect(wrong).toEqual([]);
  });

  it('the AWS SDK, half a second to load, is loaded when something is asked of EC2', () => {
    const eager = files.filter((file) =>
      /^import (?!type )[^;]*'@aws-sdk\/client-ec2'/m.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(eager).toEqual([]);
  });

  it('each heavy library is imported in one place', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => onlyIn[target] !== undefined && !file.replaceAll(sep, '/').startsWith(onlyIn[target]))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});
