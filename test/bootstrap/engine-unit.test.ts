import { describe, expect, it } from 'vitest';
import { enginePaths } from '../../src/bootstrap/engine-paths.js';
import { engineDropIn, environmentFile } from '../../src/bootstrap/engine-unit.js';
import { debianUnit } from './facts-text.js';

const tls =
  '-H tcp://0.0.0.0:2376 --tlsverify --tlscacert=/etc/docker/swarmup/ca.pem --tlscert=/etc/docker/swarmup/server-cert.pem --tlskey=/etc/docker/swarmup/server-key.pem';

const tlsDropIn = (host: string, unit: string): string => engineDropIn(host, unit, { tls: true, env: undefined }) ?? '';
const dropIn = (name: string, text: string): string => `\n# /etc/systemd/system/docker.service.d/${name}\n${text}`;
const unitWith = (execStart: string): string =>
  `# /usr/lib/systemd/system/docker.service\n[Service]\nExecStart=${execStart}\n`;
const commandOf = (unit: string): string => {
  const lines = tlsDropIn('agent1', unit).trimEnd().split('\n');
  expect(lines.slice(1, 3)).toEqual(['[Service]', 'ExecStart=']);
  return (lines[3] ?? '').replace('ExecStart=', '');
};

describe('the drop-in', () => {
  it("keeps socket activation and the rest of Debian's command line", () => {
    expect(commandOf(debianUnit)).toBe(
      `/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS ${tls}`,
    );
  });

  it("keeps Docker's own package's", () => {
    expect(commandOf(unitWith('/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock'))).toBe(
      `/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock ${tls}`,
    );
  });

  it('names the default socket where the command line relied on it', () => {
    expect(commandOf(unitWith('/usr/bin/dockerd'))).toBe(`/usr/bin/dockerd -H unix:///var/run/docker.sock ${tls}`);
    expect(commandOf(unitWith('/usr/bin/dockerd --host=unix:///x.sock'))).toBe(
      `/usr/bin/dockerd --host=unix:///x.sock ${tls}`,
    );
    expect(commandOf(unitWith('/usr/bin/dockerd -Hunix:///x.sock'))).toBe(`/usr/bin/dockerd -Hunix:///x.sock ${tls}`);
  });

  it('joins a command line of several lines', () => {
    expect(commandOf(unitWith('/usr/bin/dockerd \\\n          -H fd:// \\\n          --debug'))).toBe(
      `/usr/bin/dockerd -H fd:// --debug ${tls}`,
    );
  });

  it("takes the user's drop-in that comes before ours", () => {
    const user = dropIn('10-debug.conf', '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd:// --debug\n');
    expect(commandOf(debianUnit + user)).toBe(`/usr/sbin/dockerd -H fd:// --debug ${tls}`);
  });

  it("takes over from docker-machine's drop-in, whose other settings stay", () => {
    const old = dropIn(
      '10-machine.conf',
      '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2376 -H unix:///var/run/docker.sock --storage-driver overlay2 --tlsverify --tlscacert /etc/docker/ca.pem --tlscert /etc/docker/server.pem --tlskey /etc/docker/server-key.pem --label provider=generic \nEnvironment=\n',
    );
    expect(commandOf(debianUnit + old)).toBe(
      `/usr/bin/dockerd -H unix:///var/run/docker.sock --storage-driver overlay2 --label provider=generic ${tls}`,
    );
  });

  it('is the same again when it is there already', () => {
    const first = tlsDropIn('agent1', debianUnit);
    expect(tlsDropIn('agent1', debianUnit + dropIn('90-swarmup.conf', first))).toBe(first);
  });

  it('is not misled by drop-ins about other things, other sections or comments', () => {
    const other = dropIn(
      '99-limits.conf',
      '# ExecStart=/bin/false\n[Service]\nLimitNOFILE=1\n[X-Section]\nExecStart=/no\n',
    );
    expect(commandOf(debianUnit + other)).toMatch(/^\/usr\/sbin\/dockerd -H fd:\/\/ /);
  });

  it.each([
    [
      'a later drop-in would undo it',
      debianUnit + dropIn('99-mine.conf', '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd://\n'),
      '/etc/systemd/system/docker.service.d/99-mine.conf sets the command line of docker.service after the drop-in of swarmup on agent1',
    ],
    [
      'somebody serves it on TLS already',
      debianUnit +
        dropIn('10-tls.conf', '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2376 --tlsverify\n'),
      '/etc/systemd/system/docker.service.d/10-tls.conf already sets --tlsverify for the engine on agent1',
    ],
    [
      'the port is open already',
      unitWith('/usr/bin/dockerd -H tcp://127.0.0.1:2376'),
      '/usr/lib/systemd/system/docker.service already opens port 2376 of the engine on agent1',
    ],
  ])('is refused when %s', (_, unit, message) => {
    expect(() => tlsDropIn('agent1', unit)).toThrow(
      expect.objectContaining({ code: 'ENGINE_CONFIG_CONFLICT', message }),
    );
  });

  it('is refused when there is no command line to add to', () => {
    expect(() => tlsDropIn('agent1', `# /x/docker.service\n[Service]\nExecStart=/a\nExecStart=\n`)).toThrow(
      expect.objectContaining({ code: 'ENGINE_UNIT_UNREADABLE' }),
    );
  });

  it('has the name that the script gives it', () => {
    expect(enginePaths.dropIn.endsWith('/docker.service.d/90-swarmup.conf')).toBe(true);
  });
});

describe('the environment of the engine', () => {
  it('is read from a file of its own, with and without TLS', () => {
    const env = { HTTPS_PROXY: 'http://proxy.example:3128' };
    expect(engineDropIn('agent1', debianUnit, { tls: false, env })).toBe(
      '# Written by swarmup. Remove it, daemon-reload and restart docker to undo that.\n' +
        '[Service]\nEnvironmentFile=-/etc/docker/swarmup.env\n',
    );
    expect(engineDropIn('agent1', debianUnit, { tls: true, env })).toMatch(
      /EnvironmentFile=.*\nExecStart=\nExecStart=\//,
    );
    expect(engineDropIn('agent1', debianUnit, { tls: false, env: undefined })).toBeNull();
  });

  it('keeps every character of its values', () => {
    expect(environmentFile({ A: 'a b', B: 'x"$(y)`\\' })).toBe('A="a b"\nB="x\\"\\$(y)\\`\\\\"\n');
  });
});
