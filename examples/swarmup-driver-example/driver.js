// Makes hosts with the docker command line, from an image that runs systemd and sshd. Docs: docs/writing-a-driver.md.
const label = 'example.machine';

/** Runs one docker command and returns its stdout. A failure becomes an error with the message of docker. */
async function docker(context, args, input) {
  const result = await context.run('docker', args, {
    timeoutMs: 60_000,
    signal: context.signal,
    ...(input && { input }),
  });
  if (result.exitCode !== 0) throw new Error(`docker ${args[0]}: ${result.stderr}`);
  return result.stdout;
}

/** Finds the container that carries the label of the machine, also after a crash. */
const find = async (context, machine) =>
  (await docker(context, ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}=${machine}`])).trim();

async function describe(context, container) {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const address = await docker(context, ['inspect', '--format', format, container]);
  return {
    ssh: { host: address, port: 22, user: 'root' },
    engine: { host: address, port: 2376 },
    privateAddresses: [address],
  };
}

/** Writes a secret into the container through stdin, because every user of the computer can read argv. */
const write = (context, container, path, mode, text) =>
  docker(
    context,
    [
      'exec',
      '-i',
      container,
      'sh',
      '-c',
      `umask 077; mkdir -p "$(dirname ${path})"; cat > ${path}; chmod ${mode} ${path}`,
    ],
    text,
  );

export const driver = {
  apiVersion: 1,
  name: 'example',
  description: 'containers made with the docker command line',
  options: { image: { type: 'string', description: 'image that runs systemd and sshd' } },
  capabilities: { power: true, snapshots: false, injectsHostKey: true, stableAddresses: false },
  preference: 0, // never chosen unless the user names it

  async check(context) {
    const version = await context.run('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 10_000 });
    return version.exitCode === 0
      ? [{ severity: 'info', code: 'EXAMPLE_OK', message: `Docker Engine ${version.stdout} answers`, hints: [] }]
      : [{ severity: 'error', code: 'EXAMPLE_NO_ENGINE', message: 'docker does not work', hints: ['docker version'] }];
  },

  async create(context, host, state) {
    let container = await find(context, host.id);
    if (container === '') {
      await context.save({ machine: host.id });
      const rights = [
        '--cap-add=ALL',
        '--cap-drop=SYS_RESOURCE',
        '--security-opt=seccomp=unconfined',
        '--cgroupns=private',
      ];
      const paths = [
        '--security-opt=systempaths=unconfined',
        '--tmpfs=/run',
        '--volume=/var/lib/docker',
        '--stop-signal=SIGRTMIN+3',
      ];
      const args = [
        'create',
        '--label',
        `${label}=${host.id}`,
        '--hostname',
        host.name,
        ...rights,
        ...paths,
        context.options.image,
      ];
      container = (await docker(context, args)).trim();
    }
    await docker(context, ['start', container]);
    await write(context, container, '/etc/ssh/ssh_host_ed25519_key', '600', host.hostKey.privateKey);
    await write(context, container, '/root/.ssh/authorized_keys', '600', `${host.authorizedKey}\n`);
    await context.save({ ...state, machine: host.id, container });
    return describe(context, container);
  },

  async inspect(context, states) {
    return Promise.all(
      states.map(async (state) => {
        const container = state === undefined ? '' : await find(context, state.machine);
        if (container === '') return { state: 'absent', detail: 'there is no such container' };
        const running = await docker(context, ['inspect', '--format', '{{.State.Running}}', container]);
        return running.trim() === 'true'
          ? { state: 'running', description: await describe(context, container) }
          : { state: 'stopped' };
      }),
    );
  },

  async start(context, state) {
    await docker(context, ['start', state.container]);
    return describe(context, state.container);
  },

  async stop(context, state, { force }) {
    await docker(context, [force ? 'kill' : 'stop', state.container]).catch((error) => {
      if (!/is not running/.test(error.message)) throw error;
    });
  },

  async remove(context, host) {
    const container = await find(context, host.id);
    if (container !== '') await docker(context, ['rm', '--force', '--volumes', container]);
  },
};
