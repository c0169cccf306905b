import { describe, expect, it } from 'vitest';
import { openrcEnvironment, openrcSettings } from '../../src/bootstrap/engine-openrc.js';

/** /etc/conf.d/docker and the service script of Alpine, shortened. */
const alpine = `# any other random options you want to pass to docker
DOCKER_OPTS=""
#!/sbin/openrc-run
supervisor=supervise-daemon
command="\${DOCKERD_BINARY:-/usr/bin/dockerd}"
command_args="\${DOCKER_OPTS}"
`;
const tls = { tls: true, env: undefined };

describe('the settings of OpenRC', () => {
  it('serve the engine on TLS beside its socket', () => {
    expect(openrcSettings('a', alpine, tls)).toBe(
      'DOCKER_OPTS="$DOCKER_OPTS -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376 --tlsverify ' +
        '--tlscacert=/etc/docker/swarmup/ca.pem --tlscert=/etc/docker/swarmup/server-cert.pem --tlskey=/etc/docker/swarmup/server-key.pem"\n',
    );
  });

  it('stay the same when ours are there already, and keep a socket of the user', () => {
    const ours = openrcSettings('a', alpine, tls) ?? '';
    expect(openrcSettings('a', `# swarmup begin (x)\n${ours}# swarmup end\n${alpine}`, tls)).toBe(ours);
    const own = alpine.replace('DOCKER_OPTS=""', 'DOCKER_OPTS="-H unix:///x.sock"');
    expect(openrcSettings('a', own, tls)).not.toContain('unix:///var/run/docker.sock');
  });

  it('read the environment, quoted, from a file that only root reads', () => {
    expect(openrcSettings('a', alpine, { tls: false, env: { A: 'b' } })).toBe(
      '[ ! -r /etc/docker/swarmup.env ] || . /etc/docker/swarmup.env\n',
    );
    expect(openrcEnvironment({ A: "it's $x" })).toBe(`export A='it'\\''s $x'\n`);
    expect(openrcSettings('a', alpine, { tls: false, env: undefined })).toBeNull();
  });

  it("are refused where the user's own contradict them", () => {
    const conflict = expect.objectContaining({ code: 'ENGINE_CONFIG_CONFLICT', host: 'a' }) as Error;
    for (const options of ['--tlsverify', '-H tcp://0.0.0.0:2376'])
      expect(() => openrcSettings('a', alpine.replace('DOCKER_OPTS=""', `DOCKER_OPTS="${options}"`), tls)).toThrow(
        conflict,
      );
    expect(() => openrcSettings('a', 'command=/usr/bin/dockerd\n', tls)).toThrow(/DOCKER_OPTS/);
  });
});
