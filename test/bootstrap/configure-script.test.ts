import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configureScript, type EngineFiles, restoreScript } from '../../src/bootstrap/configure-script.js';
import type { EnginePaths } from '../../src/bootstrap/engine-paths.js';
import { type RemoteScript, scriptText } from '../../src/bootstrap/remote-script.js';
import { localShells, runLocally } from '../support/local-shell.js';

/** A systemd in a few lines: `active` and `enabled-…` are its state; `broken` makes the engine fail. */
const systemctl = `#!/bin/sh
cd "$STATE" || exit 9
read_live() { if grep -q '"live-restore": true' etc/docker/daemon.json 2>/dev/null; then echo true; else echo false; fi >live; }
echo "$*" >>log
case "$1" in
is-active) [ -e active ] ;;
is-enabled) if [ -e "enabled-$2" ]; then echo enabled; else echo disabled; exit 1; fi ;;
enable) touch "enabled-$3" ;;
reload) [ ! -e no-reload ] || exit 1; read_live ;;
restart)
  rm -f active; [ ! -e broken ] || exit 1; touch active
  # What ran goes on when the engine that ends, and the one that comes, have live-restore.
  was=$(cat live); read_live
  [ "$was $(cat live)" = 'true true' ] || echo 0 >running
  ;;
esac
`;
/** The engine as the docker client shows it: so many containers, live-restore, its swarm. */
const docker = `#!/bin/sh
cd "$STATE" || exit 9
case "$*" in
*ContainersRunning*) echo "$(cat running) $(cat swarm)" ;;
*LiveRestoreEnabled*) cat live ;;
*NodeID*) cat node ;;
'swarm leave --force') echo "docker $*" >>log; echo inactive >swarm; : >node ;;
*) exit 1 ;;
esac
`;
const journalctl = `#!/bin/sh
echo 'time="x" level=info msg="noise"'
echo 'failed to start daemon: it is broken'
`;
const curl = '#!/bin/sh\n[ -e "$STATE/active" ]\n';

const liveRestore = { on: '{"live-restore": true}', off: '{"live-restore": false}' };
const files: EngineFiles = {
  liveRestore,
  daemonJson: '{\n  "mtu": 1400\n}\n',
  dropIn: '[Service]\nExecStart=/usr/sbin/dockerd $DOCKER_OPTS `x` "\n',
  env: 'A="b"\n',
  caPem: 'the ca\n',
  server: { certPem: 'the certificate\n', keyPem: 'the key\n' },
};
const nothing: EngineFiles = {
  liveRestore,
  daemonJson: undefined,
  dropIn: null,
  env: null,
  caPem: undefined,
  server: undefined,
};

let root: string;
let paths: EnginePaths;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmup host '));
  paths = {
    daemonJson: join(root, 'etc/docker/daemon.json'),
    daemonJsonHeld: join(root, 'etc/docker/daemon.json.held'),
    daemonJsonBackup: join(root, 'etc/docker/daemon.json.before-swarmup'),
    tlsFolder: join(root, 'etc/docker/swarmup'),
    dropIn: join(root, 'etc/systemd/docker.service.d/90-swarmup.conf'),
    env: join(root, 'etc/docker/swarmup.env'),
    serviceSettings: join(root, 'etc/conf.d/docker'),
    restartPending: join(root, 'pending'),
    socket: join(root, 'docker.sock'),
  };
  await mkdir(join(root, 'bin'));
  for (const [name, text] of Object.entries({ systemctl, journalctl, curl, docker })) {
    await writeFile(join(root, 'bin', name), text);
    await chmod(join(root, 'bin', name), 0o755);
  }
  await engineWith({ running: 0 });
  for (const state of ['active', 'enabled-docker.service', 'enabled-docker.socket']) await setState(state);
});
afterEach(async () => {
  await rm(root, { recursive: true });
});

async function engineWith({ running, swarm = 'inactive', node = '' }: Record<string, string | number>): Promise<void> {
  for (const [name, value] of Object.entries({ running, swarm, node, live: 'false' }))
    await writeFile(join(root, name), `${String(value)}\n`);
}
const setState = async (name: string): Promise<void> => writeFile(join(root, name), '');
const read = async (path: string): Promise<string> => readFile(path, 'utf8');
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const exists = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const key = (): string => join(paths.tlsFolder, 'server-key.pem');

function runText(script: RemoteScript, shell: readonly string[] = ['sh']): ReturnType<typeof runLocally> {
  const env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, STATE: root };
  return runLocally(shell, scriptText(script), env);
}
const run = (wanted: EngineFiles, shell?: readonly string[]): ReturnType<typeof runLocally> =>
  runText(configureScript(wanted, paths), shell);
/** What systemctl was told to do since the last time, questions left out. */
async function orders(): Promise<readonly string[]> {
  const log = await read(join(root, 'log'));
  await writeFile(join(root, 'log'), '');
  return log
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('is-'));
}
const restart = ['daemon-reload', 'reset-failed docker.service docker.socket', 'restart docker.service'];

describe.each(localShells.map((shell) => ({ shell })))('by $shell, the script', ({ shell }) => {
  it('writes all files as they are, with their modes, and restarts the engine once', async () => {
    expect(run(files, shell)).toMatchObject({ status: 0, stdout: 'result=changed\n', stderr: '' });
    expect(await orders()).toEqual(restart);
    expect(await read(paths.daemonJson)).toBe(files.daemonJson);
    expect(await read(paths.dropIn)).toBe(files.dropIn);
    expect(await read(join(paths.tlsFolder, 'ca.pem'))).toBe('the ca\n');
    expect(await read(join(paths.tlsFolder, 'server-cert.pem'))).toBe('the certificate\n');
    expect(await read(key())).toBe('the key\n');
    expect([await read(paths.env), await modeOf(paths.env)]).toEqual(['A="b"\n', 0o600]);
    expect([await modeOf(key()), await modeOf(paths.daemonJson), await modeOf(paths.tlsFolder)]).toEqual([
      0o600, 0o644, 0o755,
    ]);
    expect(await exists(paths.restartPending)).toBe(false);
  });

  it('does nothing the second time', async () => {
    run(files, shell);
    await orders();
    const kept = { ...files, server: undefined };
    expect(run(kept, shell)).toMatchObject({ status: 0, stdout: 'result=unchanged\n', stderr: '' });
    expect(await orders()).toEqual([]);
    expect(await read(key())).toBe('the key\n');
  });

  it('tells why the engine does not start, without the chatter of its journal', async () => {
    await setState('broken');
    const { status, stdout } = run(files, shell);
    expect(status).toBe(0);
    expect(stdout).toBe(
      'result=failed\nreason=systemctl restart docker ended with status 1\njournal=failed to start daemon: it is broken\n',
    );
  });
});

describe('the script', () => {
  it('restarts an engine that an interrupted run left with its old settings', async () => {
    await setState('broken');
    run(files);
    await rm(join(root, 'broken'));
    await setState('active'); // socket activation brought the old one back
    await orders();
    expect(run({ ...files, server: undefined }).stdout).toBe('result=changed\n');
    expect(await orders()).toEqual(restart);
  });

  it('starts an engine that is not running, and enables what is not enabled', async () => {
    for (const state of ['active', 'enabled-docker.socket', 'enabled-docker.service']) await rm(join(root, state));
    expect(run(nothing).stdout).toBe('result=changed\n');
    expect(await orders()).toEqual([
      '--no-reload --quiet enable docker.socket',
      '--no-reload --quiet enable docker.service',
      ...restart,
    ]);
  });

  it('keeps daemon.json as it was before the first change, and only that', async () => {
    await mkdir(join(root, 'etc/docker'), { recursive: true });
    await writeFile(paths.daemonJson, '{"debug":true}');
    run(files);
    run({ ...files, daemonJson: '{}' });
    expect(await read(paths.daemonJsonBackup)).toBe('{"debug":true}');
    expect(await read(paths.daemonJson)).toBe('{}\n');
  });

  it('remembers that there was no daemon.json', async () => {
    run(files);
    run({ ...files, daemonJson: '{"mtu":9000}' });
    expect(await read(paths.daemonJsonBackup)).toBe('{}\n');
  });

  it('closes the TLS port when it is no longer wanted', async () => {
    run(files);
    await orders();
    expect(run(nothing).stdout).toBe('result=changed\n');
    expect(await exists(paths.dropIn)).toBe(false);
    expect(await orders()).toEqual(restart);
    expect(run(nothing).stdout).toBe('result=unchanged\n');
  });

  it('closes a key that was left readable, without a restart', async () => {
    run(files);
    await chmod(key(), 0o644);
    await orders();
    expect(run({ ...files, server: undefined }).stdout).toBe('result=unchanged\n');
    expect(await modeOf(key())).toBe(0o600);
    expect(await orders()).toEqual([]);
  });

  it('fails with a reason where it cannot write, before the engine is touched', async () => {
    await writeFile(join(root, 'etc'), 'a file');
    const { status, stderr } = run(files);
    expect(status).toBe(1);
    expect(stderr).toContain(`cannot write ${paths.daemonJsonBackup}`);
    expect((await read(join(root, 'log')).catch(() => '')).includes('restart')).toBe(false);
  });
});

describe.each(localShells.map((shell) => ({ shell })))('by $shell, running containers', ({ shell }) => {
  const theirs = '{ "debug": true }';
  const stateOf = async (name: string): Promise<string> => (await read(join(root, name))).trim();
  const wanted = { ...files, daemonJson: '{\n  "debug": true,\n  "mtu": 1400\n}\n' };
  beforeEach(async () => {
    await mkdir(join(root, 'etc/docker'), { recursive: true });
    await writeFile(paths.daemonJson, theirs);
    await engineWith({ running: 2 });
  });

  it('go on over the restart: live-restore is on for its time only', async () => {
    expect(run(wanted, shell)).toMatchObject({ status: 0, stdout: 'result=changed\n', stderr: '' });
    expect(await orders()).toEqual(['reload docker.service', ...restart, 'reload docker.service']);
    expect([await stateOf('running'), await stateOf('live')]).toEqual(['2', 'false']);
    expect(await read(paths.daemonJson)).toBe(wanted.daemonJson);
    expect(await exists(paths.daemonJsonHeld)).toBe(false);
    expect(run({ ...wanted, server: undefined }, shell).stdout).toBe('result=unchanged\n');
  });

  it('of an engine that has live-restore anyway need no help', async () => {
    await writeFile(join(root, 'live'), 'true\n');
    await writeFile(paths.daemonJson, '{"live-restore": true}');
    expect(run({ ...files, daemonJson: undefined, liveRestore: undefined }, shell).stdout).toBe('result=changed\n');
    expect(await orders()).toEqual(restart);
    expect([await stateOf('running'), await stateOf('live')]).toEqual(['2', 'true']);
  });

  it('keep the engine from being restarted when live-restore cannot be switched on', async () => {
    await setState('no-reload');
    const { stdout } = run(wanted, shell);
    expect(stdout).toMatch(/^result=failed\nreason=live-restore, .* cannot be switched on/);
    expect((await orders()).filter((order) => order.startsWith('restart'))).toEqual([]);
    expect(await read(paths.daemonJson)).toBe(wanted.daemonJson);
    await rm(join(root, 'no-reload'));
    expect(run(wanted, shell).stdout).toBe('result=changed\n');
    expect(await stateOf('running')).toBe('2');
  });

  it('go on, too, when the run before was killed while live-restore was on', async () => {
    await writeFile(paths.daemonJsonHeld, theirs);
    await writeFile(paths.daemonJson, liveRestore.on);
    await writeFile(join(root, 'live'), 'true\n');
    expect(run(wanted, shell).stdout).toBe('result=changed\n');
    expect([await stateOf('running'), await stateOf('live')]).toEqual(['2', 'false']);
    expect([await read(paths.daemonJson), await read(paths.daemonJsonBackup)]).toEqual([wanted.daemonJson, theirs]);
    expect(await exists(paths.daemonJsonHeld)).toBe(false);
  });

  it('go on when the host is given back as it was', async () => {
    const before = await readdir(root, { recursive: true });
    run(wanted, shell);
    await engineWith({ running: 2, swarm: 'active', node: 'n1' });
    await orders();
    expect(runText(restoreScript('n1', liveRestore, paths), shell)).toMatchObject({
      status: 0,
      stdout: 'result=changed\n',
      stderr: '',
    });
    expect((await orders())[0]).toBe('docker swarm leave --force');
    expect([await stateOf('running'), await stateOf('live'), await stateOf('swarm')]).toEqual([
      '2',
      'false',
      'inactive',
    ]);
    expect(await read(paths.daemonJson)).toBe(theirs);
    const left = (await readdir(root, { recursive: true })).filter((path) => !before.includes(path));
    expect(left.sort()).toEqual(['etc/systemd', 'log']);
    expect(runText(restoreScript('n1', liveRestore, paths), shell).stdout).toBe('result=unchanged\n');
  });

  it('of a node of another swarm stay in it', async () => {
    run(wanted, shell);
    await engineWith({ running: 2, swarm: 'active', node: 'other' });
    runText(restoreScript('n1', liveRestore, paths), shell);
    expect(await stateOf('swarm')).toBe('active');
  });
});
