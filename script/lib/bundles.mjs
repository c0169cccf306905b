// The bundles in dist/: what bin/run.js loads, since Node reads one file much faster than many, and the agent.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** All commands in one file: each is evaluated when it is asked for, and what it imports late when it needs that. */
export async function bundleCommands(root) {
  const outfile = join(root, 'dist/bundle/commands.js');
  const commands = modulesIn(root, 'commands').map(
    (path) => `'${path.replaceAll('/', ':')}': () => import('./commands/${path}.js'),`,
  );
  const others = ['operations', 'drivers'].flatMap((folder) =>
    modulesIn(root, folder).map((path) => `import('./${folder}/${path}.js'),`),
  );
  const contents = `
    import { main } from './cli/main.js';
    import { processIo } from './cli/command-io.js';
    const commands = { ${commands.join('\n')} };
    export const run = (argv, root) => main(argv, processIo(), { root }, commands);
    export const evaluateAll = () => Promise.all([${others.join('\n')} ...Object.values(commands).map((load) => load())]);
    export { ensureCertificates } from './bootstrap/tls/certificates.js';
    export { issueServerCertificate } from './bootstrap/tls/issue.js';
    export { generateSshKey } from './ssh/keys.js';
    export { connectSsh } from './ssh/ssh-runner.js';`;
  await bundleScript(outfile, {
    stdin: { contents, resolveDir: join(root, 'src') },
    // The first two are large and few commands need them. The others are libraries' tools for development.
    external: ['@aws-sdk/client-ec2', '@inquirer/prompts', 'typescript', 'ts-node', 'source-map-support'],
    plugins: [nativeAddons, pageant],
    logOverride: { 'require-resolve-not-external': 'silent' },
  });
  const home = mkdtempSync(join(tmpdir(), 'swarmup-build-'));
  const env = { ...process.env, HOME: home, SWARMUP_HOME: home };
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, 'warm-bundle.mjs'), outfile, root],
    {
      env,
      encoding: 'utf8',
    },
  );
  rmSync(home, { recursive: true, force: true });
  if (status !== 0) throw new Error(`what V8 makes of ${outfile} could not be kept: ${stderr.slice(-1000)}`);
}

const modulesIn = (root, folder) =>
  readdirSync(join(root, 'src', folder), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('testing'))
    .map((file) => file.replaceAll('\\', '/').replace(/\.ts$/, ''));

/**
 * The quick way (src/cli/light): a file for each light command with only what it needs.
 */
export async function bundleLight(root) {
  const folder = join(root, 'src/cli/light');
  const ids = readdirSync(folder).flatMap((file) => /^(?!light)(.+)-command\.ts$/.exec(file)?.[1] ?? []);
  await Promise.all(
    ids.map(async (id) => {
      const outfile = join(root, 'dist/bundle/light', `${id}.js`);
      await bundleScript(outfile, {
        stdin: { contents: lightEntry(id), resolveDir: folder },
        plugins: [leaveLazyImports(id, join(root, 'src'))],
      });
      writeFileSync(`${outfile}.cache`, compiled(outfile));
    }),
  );
}

const lightEntry = (id) => `
  import { ${id}Command as command } from './${id}-command.js';
  import { runLight } from './run-light.js';
  import { processIo } from '../command-io.js';
  export const run = (argv) => runLight(command, argv, processIo());`;

/** A script for bin/run.js; beside it belongs what V8 made of it. */
async function bundleScript(outfile, options) {
  await build({
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    // A script has no place of its own: it gets that of bin/run.js, in the same package.
    define: { 'import.meta.url': 'ownUrl' },
    banner: {
      js:
        '(function (require, module, load) { const ownUrl = require("node:url").pathToFileURL(require.main.filename).href,' +
        ' __dirname = require("node:path").dirname(require.main.filename);',
    },
    footer: { js: '})' },
    logLevel: 'warning',
    ...options,
    outfile,
  });
  const text = readFileSync(outfile, 'utf8')
    // A script that V8 compiled before cannot import() (it forgets who imports): bin/run.js does it for it.
    .replaceAll(/(?<![.\w$])import\(/g, 'load(')
    // The little that esbuild leaves, in regular expressions: ASCII is read as it is.
    .replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(outfile, text);
}

/** What V8 made of all functions of a script; without the flag it would hold only those that ran. */
function compiled(file) {
  setFlagsFromString('--no-lazy');
  const script = new Script(readFileSync(file, 'latin1'), { filename: file });
  setFlagsFromString('--lazy');
  return script.createCachedData();
}

/** The light commands that ask drivers; the others need no more of them than their names. */
const asksDrivers = ['inspect', 'ls', 'status'];

/**
 * What is imported only when it is needed is not needed by a command that reads, except for drivers: it stays in
 * dist/.
 */
const leaveLazyImports = (id, src) => ({
  name: 'leave-lazy-imports',
  setup: (bundler) => {
    bundler.onResolve({ filter: /./ }, ({ kind, path, importer, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      if (importer === join(src, 'drivers/built-in.ts') && asksDrivers.includes(id)) return undefined;
      const target = path.startsWith('.') ? `../../${relative(src, join(resolveDir, path))}` : path;
      return { path: target, external: true };
    });
  },
});

/** Libraries' optional addons, compiled for the machine they were installed on, stay in node_modules. */
const nativeAddons = {
  name: 'native-addons',
  setup: (bundler) => {
    bundler.onResolve({ filter: /\.node$/ }, ({ path, resolveDir }) => {
      const [, inPackages] = /.*[/\\]node_modules[/\\](.+)$/.exec(join(resolveDir, path)) ?? [];
      return { path: inPackages?.replaceAll('\\', '/') ?? path, external: true };
    });
  },
};

/** ssh2 asks the SSH agent of PuTTY by a program in its own folder. */
const pageant = {
  name: 'pageant',
  setup: (bundler) => {
    bundler.onLoad({ filter: /[/\\]ssh2[/\\]lib[/\\]agent\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        '__dirname',
        "require('node:path').dirname(require.resolve('ssh2'))",
      ),
    }));
  },
};

/**
 * The agent: one file without dependencies that runs on hosts with Node.js 18. Only here does it meet its process.
 */
export function bundleAgent(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
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
      resolveDir: join(root, 'src/agent'),
    },
    outfile: join(root, 'dist/agent.js'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: ['es2022', 'node18'],
    minify: true,
    logLevel: 'warning',
  });
}
