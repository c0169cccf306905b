// Builds dist/ and oclif.manifest.json; does nothing when no source changed since the last build.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
const stamp = at('dist', '.built');
const schemaFile = 'schema/swarmup.schema.json';

/** Files and folders: a folder's time tells of files that were removed. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isUpToDate() {
  const inputs = [
    'src',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'script/build.mjs',
  ];
  const outputs = [stamp, at('oclif.manifest.json'), at('dist/agent.js'), at(schemaFile)];
  if (!outputs.every(existsSync)) return false;
  const built = statSync(stamp).mtimeMs;
  return inputs.every((input) => newest(at(input)) < built);
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: '1' },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** What was compiled from a source that is gone; a command among it would still be found. */
function removeLeftovers() {
  for (const entry of readdirSync(at('dist'), { recursive: true, withFileTypes: true })) {
    const source = /^(.+?)(\.d\.ts|\.js)(\.map)?$/.exec(
      join(entry.parentPath, entry.name).slice(at('dist').length + 1),
    );
    if (entry.isFile() && source !== null && !existsSync(at('src', `${source[1]}.ts`)))
      rmSync(join(entry.parentPath, entry.name));
  }
}

/**
 * The quick way (src/cli/light): a file for each light command with only what it needs, as Node reads one small file
 * much faster than many; beside it what V8 made of it. bin/run.js loads both.
 */
async function bundleLight() {
  const ids = readdirSync(at('src/cli/light')).flatMap((file) => /^(?!light)(.+)-command\.ts$/.exec(file)?.[1] ?? []);
  await Promise.all(
    ids.map(async (id) => {
      const outfile = at('dist/light', `${id}.js`);
      await build({ ...bundleOptions, stdin: lightEntry(id), outfile, plugins: [leaveLazyImports(id)] });
      // A script that V8 compiled before cannot import() (it forgets who imports): bin/run.js does it for it.
      writeFileSync(outfile, readFileSync(outfile, 'utf8').replaceAll(/\bimport\(/g, 'load('));
      writeFileSync(`${outfile}.cache`, compiled(outfile));
    }),
  );
}

/** What V8 made of all functions of a script; without the flag it would hold only those that ran. */
function compiled(file) {
  setFlagsFromString('--no-lazy');
  const script = new Script(readFileSync(file, 'utf8'), { filename: file });
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

const lightEntry = (id) => ({
  contents: `
    import { ${id}Command as command } from './${id}-command.js';
    import { runLight } from './run-light.js';
    import { processIo } from '../command-io.js';
    export const run = (argv) => runLight(command, argv, processIo());`,
  resolveDir: at('src/cli/light'),
});

const bundleOptions = {
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  minify: true,
  // A script has no URL of its own: that of bin/run.js, in the same package.
  define: { 'import.meta.url': 'ownUrl' },
  banner: {
    js: '(function (require, module, load) { const ownUrl = require("node:url").pathToFileURL(require.main.filename).href;',
  },
  footer: { js: '})' },
  logLevel: 'warning',
};

/** The light commands that ask drivers; the others need no more of them than their names. */
const asksDrivers = ['inspect', 'ls', 'status'];

/**
 * What is imported only when it is needed is not needed by a command that reads, except for drivers: it stays in
 * dist/.
 */
const leaveLazyImports = (id) => ({
  name: 'leave-lazy-imports',
  setup: (bundler) => {
    bundler.onResolve({ filter: /./ }, ({ kind, path, importer, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      if (importer === at('src/drivers/built-in.ts') && asksDrivers.includes(id)) return undefined;
      const target = path.startsWith('.') ? `../${relative(at('src'), join(resolveDir, path))}` : path;
      return { path: target, external: true };
    });
  },
});

/**
 * The agent: one file without dependencies that runs on hosts with Node.js 18. Only here does it meet its process.
 */
function bundleAgent() {
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  return build({
    stdin: {
      contents: `
        import { runAgent } from './run-agent.js';
        const stop = new AbortController();
        for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort());
        process.stdout.on('error', () => {});
        runAgent({
          env: process.env,
          now: () => performance.now(),
          log: (line) => process.stdout.write(line + '\\n'),
          version: ${JSON.stringify(version)},
          collectGarbage: globalThis.gc,
          signal: stop.signal,
        }).then(() => process.exit(0));`,
      resolveDir: at('src/agent'),
    },
    outfile: at('dist/agent.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: ['es2022', 'node18'],
    minify: true,
    logLevel: 'warning',
  });
}

/** For editors: the JSON schema of swarmup.yaml. It is kept in the repository, so that a change of it is seen. */
async function writeSchema() {
  const [{ toJsonSchema }, { manifestSchema }, { editorSchema }, { builtInDrivers }] = await Promise.all([
    import('@valibot/to-json-schema'),
    import(at('dist/lab/manifest-schema.js')),
    import(at('dist/lab/editor-schema.js')),
    import(at('dist/drivers/built-in.js')),
  ]);
  const schema = manifestSchema(builtInDrivers.map(({ declaration }) => declaration));
  const published = editorSchema(toJsonSchema(schema, { target: 'draft-07' }));
  const text = `${JSON.stringify(published, undefined, 2)}\n`;
  if (!existsSync(at(schemaFile)) || readFileSync(at(schemaFile), 'utf8') !== text) writeFileSync(at(schemaFile), text);
}

if (!isUpToDate()) {
  // Taken before the work: a source that is changed meanwhile is newer.
  const began = new Date();
  run(
    at('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--incremental',
    '--tsBuildInfoFile',
    'dist/.tsbuildinfo',
  );
  removeLeftovers();
  await Promise.all([bundleLight(), bundleAgent(), writeSchema()]);
  run(at('node_modules/oclif/bin/run.js'), 'manifest');
  writeFileSync(stamp, `${began.toISOString()}\n`);
}
