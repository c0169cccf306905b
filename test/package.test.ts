import { execa } from 'execa';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleAgent, bundleDriverModules } from '../script/lib/bundles.mjs';
import { builtProgram } from './support/child-cli.js';

const root = join(import.meta.dirname, '..');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** The tarball, as npm makes and installs it. */
describe('the package', { timeout: 120_000 }, () => {
  let folder: string;
  let packed: Packed;
  let installed: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swarmup-package-'));
    const built = join(folder, 'built');
    await cp(await builtProgram(), built, { recursive: true, verbatimSymlinks: true });
    await rm(join(built, 'templates'));
    for (const part of ['schema', 'templates', 'README.md'])
      await cp(join(root, part), join(built, part), { recursive: true });
    await Promise.all([
      bundleDriverModules(built),
      bundleAgent(built),
      execa(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist/types')], { cwd: root }),
    ]);
    const { stdout } = await execa('npm', ['pack', '--json', '--pack-destination', folder], { cwd: built });
    [packed] = JSON.parse(stdout) as [Packed];
    await execa('tar', ['-xzf', packed.filename], { cwd: folder });
    installed = join(folder, 'package');
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('has what is needed at run time, and no compiled code of one version of Node.js', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths.length).toBeLessThanOrEqual(300);
    expect(paths.filter((path) => /\.(map|cache|ts)$/.test(path) && !path.startsWith('dist/types/'))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining([
        'bin/run.js',
        'dist/agent.js',
        'dist/driver.js',
        'dist/driver-testing.js',
        'oclif.manifest.json',
        'schema/swarmup.schema.json',
        'templates/agent/swarmup-agent.service',
      ]),
    );
  });

  it('is bundled from the sources as they are: neither its own nor those of a dependency are patched', async () => {
    const scripts = await Promise.all(
      ['build.mjs', 'lib/bundles.mjs'].map((file) => readFile(join(root, 'script', file), 'utf8')),
    );
    // The hooks with which a plugin changes the text of a module or of a bundle.
    const hooks =
      /\b(transform\s*\(|(transform|renderChunk|generateBundle|writeBundle|banner|footer|intro|outro)\b\s*:(?!\s*\{ target \}))/;
    expect(scripts.filter((script) => hooks.test(script))).toEqual([]);
    const { devDependencies = {}, scripts: commands = {} } = JSON.parse(
      await readFile(join(root, 'package.json'), 'utf8'),
    ) as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
    expect(Object.keys(devDependencies).filter((name) => name.includes('patch'))).toEqual([]);
    expect(Object.keys(commands)).not.toContain('postinstall');
  });

  it('is all that its program needs besides its dependencies', async () => {
    // They are where npm puts them: beside the package, or above it.
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    const run = async (...args: string[]): Promise<string> =>
      (await execa(process.execPath, [join(installed, 'bin', 'run.js'), ...args], { env: { SWARMUP_HOME: folder } }))
        .stdout;
    const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string };
    expect(await run('--version')).toContain(`swarmup/${version} `);
    expect(await run('ls', '--json')).toBe(JSON.stringify({ hosts: [] }, undefined, 2));
    expect(await run('driver', 'ls', '--format', '{{.Name}}')).toContain('docker');
    expect(await run('init', '--list')).not.toBe('');
  });

  it('has the modules that packages of drivers import, with their types', async () => {
    const driver = join(folder, 'driver');
    await mkdir(join(driver, 'node_modules'), { recursive: true });
    await symlink(installed, join(driver, 'node_modules', 'swarmup'));
    const source = `
      import type { Driver } from 'swarmup/driver';
      import { driverContract } from 'swarmup/driver-testing';
      export const name: Driver['name'] = typeof driverContract;`;
    await writeFile(join(driver, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(driver, 'driver.ts'), source);
    const types = join(root, 'node_modules', '@types');
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--types', 'node', '--typeRoots', types];
    await execa(process.execPath, [tsc, ...options, 'driver.ts'], {
      cwd: driver,
    });
    const { stdout } = await execa(
      process.execPath,
      ['-p', "import('./driver.js').then((it) => console.log(it.name))"],
      {
        cwd: driver,
      },
    );
    expect(stdout).toContain('function');
  });
});
