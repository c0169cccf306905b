import { describe, expect, it } from 'vitest';
import { interpolate } from '../../src/lib/interpolate.js';
import { composeOf, convert, serviceText } from '../support/compose-text.js';

describe('interpolate', () => {
  it.each([
    ['$A ${A} $$A', '1 1 $A'],
    ['${B:-x} ${B-x} ${E:-x} ${E-x}', 'x x x '],
    ['${A:+y}${B:+y}', 'y'],
    ['${A:?why} costs 5$', '1 costs 5$'],
  ])('%s', (text, expected) => {
    expect(interpolate(text, { A: '1', E: '' }, () => undefined)).toBe(expected);
  });
});

const web = async (body: string, env: Record<string, string> = {}, files: Record<string, string> = {}) =>
  (await composeOf([serviceText(body)], env, files)).services['web'];

describe('compose files', () => {
  it('are one, each in its long form before it is laid over those before it', async () => {
    const below = serviceText(
      '    command: a b\n    environment: [A=1, B=2]\n    ports: ["80:80", "81:81"]\n    labels: [a=1]\n',
    );
    const above =
      'x-a: &a { COLOUR: blue }\nservices:\n  web:\n    command: [c]\n    environment: { <<: *a, B: 3 }\n' +
      '    ports: [{ target: 90, published: 80 }]\n    labels: { x-b: 2 }\n';
    expect((await composeOf([below, above])).services['web']).toEqual({
      image: 'web:1',
      command: ['c'],
      environment: { A: '1', B: '3', COLOUR: 'blue' },
      ports: [
        { Protocol: 'tcp', TargetPort: 90, PublishedPort: 80, PublishMode: 'ingress' },
        { Protocol: 'tcp', TargetPort: 81, PublishedPort: 81, PublishMode: 'ingress' },
      ],
      labels: { a: '1', 'x-b': '2' },
    });
  });

  // As `docker stack config` of CLI 28.2 writes these.
  it.each([
    ['022', '18'],
    ['089', '89'],
    ['0o17', '15'],
    ['0b11', '3'],
    ['1_000', '1000'],
    ['12345678901234567890', '12345678901234567890'],
    ['1.10', '1.1'],
    ['1e6', '1e+06'],
    ['12e03', '12000'],
    ['1234567.5', '1.2345675e+06'],
    ['1e21', '1e+21'],
    ['-0', '0'],
    ['22:22', '22:22'],
    ['yes', 'yes'],
    ['2020-01-01', '2020-01-01 00:00:00 +0000 UTC'],
    ['2020-01-01T10:00:00Z', '2020-01-01 10:00:00 +0000 UTC'],
  ])('have the label %s as %s', async (written, expected) => {
    expect((await web(`    labels: { a: ${written} }\n`))?.labels).toEqual({ a: expected });
  });

  it.each([
    ['sh -c "echo \\"hi\\" there" a\\ b', ['sh', '-c', 'echo "hi" there', 'a b']],
    ["a 'b \\ c'd #e\n f", ['a', 'b \\ cd', 'f']],
    ["a'' '' x#y", ['a', '', 'x#y']],
  ])('split the command %s as a shell', async (command, words) => {
    expect((await web(`    command: ${JSON.stringify(command)}\n`))?.command).toEqual(words);
  });

  // As docker's CLI reads them, what follows a name without braces included.
  it.each([
    ['${T}-x ${U:-a-b} ${T-}', 'tt-x a-b tt'],
    ['$T-x', 'tt'],
    ['$T/$U.', 'tt/.'],
    ['$$T', '$T'],
    ['${U:-${V}}', '${V}'],
  ])('fill %s', async (text, expected) => {
    expect((await web(`    user: '${text}'\n`, { T: 'tt' }))?.user).toBe(expected);
  });

  it('have the variables of env_file below those that stand there, and empty ones from the environment', async () => {
    const body = '    env_file: [a.env, /b.env]\n    environment: { B: here, HOME: }\n';
    const files = { '/stack/a.env': '\uFEFF# no\nA="1"\nB=2\nGONE\n', '/b.env': 'A=3\r\n USER\n' };
    expect((await web(body, { HOME: '/root', USER: 'me' }, files))?.environment).toEqual({
      A: '3',
      B: 'here',
      HOME: '/root',
      USER: 'me',
    });
  });

  it('tell of what is not as it looks', async () => {
    const body =
      '    user: "$NOBODY"\n    container_name: x\n    restart: always\n    deploy: { restart_policy: {} }\n' +
      '    ports: ["127.0.0.1:80:80"]\n    volumes: ["/srv:/srv:ro,cached"]\n    configs: [{ source: c, taget: /c }]\n' +
      '    working_dir: !reset /x\n    hostname: $A-b\n';
    const compose = await composeOf([`${serviceText(body)}configs: { c: { file: c } }\n`], { A: 'a' });
    expect(convert(compose).warnings).toEqual([
      expect.stringContaining('!reset') as string,
      'the variable NOBODY is not set, so its value is empty',
      'services.web: container_name is ignored: swarm names the containers of its tasks',
      'services.web.ports.0: the address 127.0.0.1 is ignored: swarm publishes ports on all addresses',
      'services.web.volumes.0: the option cached is ignored: swarm has no option with this name',
      'services.web.configs.0: taget is ignored: docker does not know this key here',
      'services.web.hostname: $A-b is read as ${A-b}: write ${A} when the rest is text',
      'services.web: restart is ignored: deploy.restart_policy takes precedence',
    ]);
  });

  const refused: readonly (readonly [string, string, string, string])[] = [
    [
      'an unknown key',
      serviceText('    enviroment: a\n'),
      '0.yaml:4:5: services.web.enviroment: there is no such key; did you mean environment?',
      '',
    ],
    [
      'an unknown key further down',
      serviceText('    deploy:\n      replica: 2\n'),
      '0.yaml:5:7: services.web.deploy.replica: there is no such key; did you mean replicas?',
      '',
    ],
    [
      'a variable that must be set',
      serviceText('    user: ${WHO:?tell me}\n'),
      '0.yaml:4:5: services.web.user: the variable WHO is not set: tell me',
      '',
    ],
    ['a $ that is no variable', serviceText('    user: a $ b\n'), "the $ in 'a $ b' does not start a variable", '$$'],
    [
      'a number for a text',
      serviceText('    user: 1000\n'),
      '4:5: services.web.user: it must be a string, but is a number',
      'quotes',
    ],
    ['a map in place of a list', serviceText('    cap_add: {}\n'), 'it must be a list, but is a map', ''],
    ['a list in place of a map', serviceText('    deploy: [a]\n'), 'it must be a map, but is a list', ''],
    ['what is there twice', serviceText('    dns: [1.1.1.1, 1.1.1.1]\n'), '0.yaml:4:20: services.web.dns.1', ''],
    ['no time', serviceText('    stop_grace_period: 1 day\n'), "'1 day' is not a time", '1m30s'],
    ['no image', 'services:\n  web:\n    user: a\n', '0.yaml:2:3: services.web: it has no image', ''],
    [
      'an image with capitals',
      'services:\n  web: { image: Nginx }\n',
      "'Nginx' is not a valid name for an image",
      'lower-case',
    ],
    ['an open quote', serviceText("    command: a 'b\n"), "the quote ' is not closed", ''],
    ['a file of variables that is not there', serviceText('    env_file: [none]\n'), '/stack/none cannot be read', ''],
    [
      'a version that is none',
      `version: "2.4"\n${serviceText('')}`,
      '0.yaml:1:1: version: 2.4 is not a version',
      'leave',
    ],
    [
      'a name',
      `name: x\n${serviceText('')}`,
      '0.yaml:1:1: name: the name of a stack comes from the command line',
      'leave',
    ],
    ['YAML that is none', 'services: {', '0.yaml:1:12:', ''],
    ['no map', 'hello', '0.yaml is not a compose file: it has no services', ''],
  ];
  it.each(refused)('are refused for %s, with its place', async (_, text, message, meant) => {
    await expect(composeOf([text])).rejects.toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(message) as unknown,
        hints: meant === '' ? [] : [expect.stringContaining(meant) as unknown],
      }),
    );
  });

  it.each([
    ['networks: [x]', '0.yaml:4:5: services.web.networks.x: the network x is not declared'],
    ['volumes: ["data:/x"]', '0.yaml:4:5: services.web.volumes: the volume data is not declared'],
    ['deploy: { mode: global, replicas: 2 }', '0.yaml:4:29: services.web.deploy.replicas: a global service'],
    ['healthcheck: { test: a, disable: true }', '0.yaml:4:29: services.web.healthcheck.disable'],
  ])('are refused for %s when they are made, with its place', async (line, message) => {
    const compose = await composeOf([serviceText(`    ${line}\n`)]);
    expect(() => convert(compose)).toThrow(message);
  });
});
