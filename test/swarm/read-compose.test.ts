import { describe, expect, it } from 'vitest';
import { interpolate } from '../../src/lib/interpolate.js';
import { readCompose } from '../../src/swarm/read-compose.js';

const read = (texts: readonly string[], env: Record<string, string> = {}) =>
  readCompose(
    texts.map((text, i) => ({ path: `${i}.yaml`, text })),
    env,
  );
const service = (body: string): string => `services:\n  web:\n    image: web:1\n${body}`;

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

describe('compose files', () => {
  it('are one, with later files over earlier ones, anchors followed and extensions gone', () => {
    const base = `x-a: &a { COLOUR: blue }\n${service('    command: [a]\n    environment: { <<: *a, X: "1" }\n    ports: ["80:80"]\n')}`;
    const above = 'services:\n  web:\n    command: [b]\n    environment: { X: "2" }\n    ports: ["81:81"]\n';
    expect(read([base, above]).compose).toEqual({
      services: {
        web: { image: 'web:1', command: ['b'], environment: { COLOUR: 'blue', X: '2' }, ports: ['80:80', '81:81'] },
      },
    });
  });

  it('take lists for lists, and for no map', () => {
    const body = '    environment: [A=1]\n    labels: [a=1]\n    deploy: { labels: [b=1] }\n';
    expect(read([service(body)]).compose.services['web']).toEqual({
      image: 'web:1',
      environment: ['A=1'],
      labels: ['a=1'],
      deploy: { labels: ['b=1'] },
    });
    expect(() => read([service('    logging: { options: [max-size=1m] }\n')])).toThrow('Expected Object');
  });

  it('tell of variables that are not set', () => {
    expect(read([service('    user: "$NOBODY"\n')]).warnings).toEqual(['the variable NOBODY is not set: it is empty']);
  });

  it.each([
    ['an unknown key', service('    comand: a\n'), "0.yaml:4:5: unknown key 'comand' in services.web", 'command'],
    [
      'an unknown key further down',
      service('    deploy:\n      replica: 2\n'),
      "0.yaml:5:7: unknown key 'replica' in services.web.deploy",
      'replicas',
    ],
    [
      'a variable that must be set',
      service('    user: ${WHO:?tell me}\n'),
      '0.yaml:4:11: the variable WHO is not set: tell me',
      '',
    ],
    ['YAML that is none', 'services: {', '0.yaml:1:12:', ''],
    ['no map', 'hello', '0.yaml is no compose file: it has no services', ''],
  ])('are refused for %s, with its place', (_, text, message, meant) => {
    expect(() => read([text])).toThrow(
      expect.objectContaining({
        exitCode: 2,
        message: expect.stringContaining(message) as unknown,
        hints: meant === '' ? [] : [expect.stringContaining(meant) as unknown],
      }),
    );
  });
});
