import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEngineOptions, type EngineOptionValues } from '../../src/lib/engine-options.js';

const none: EngineOptionValues = {
  options: [],
  insecureRegistries: [],
  registryMirrors: [],
  labels: [],
  storageDriver: undefined,
  env: [],
  installUrl: undefined,
};
const daemonOf = (...options: readonly string[]): unknown => parseEngineOptions({ ...none, options }).daemon;

describe('engine options', () => {
  it('ask for nothing when none is given', () => {
    expect(parseEngineOptions(none)).toEqual({});
  });

  it('become keys of daemon.json with values of their types', () => {
    expect(
      daemonOf('debug', '--log-level=debug', 'mtu=1400', 'icc=false', 'dns=10.0.0.1', 'dns=10.0.0.2', 'graph=/data'),
    ).toEqual({
      debug: true,
      'log-level': 'debug',
      mtu: 1400,
      icc: false,
      dns: ['10.0.0.1', '10.0.0.2'],
      'data-root': '/data',
    });
    expect(daemonOf('log-opt=max-size=10m', 'log-opt=max-file=3', 'feature=buildkit=true')).toEqual({
      'log-opts': { 'max-size': '10m', 'max-file': '3' },
      features: { buildkit: true },
    });
    expect(daemonOf('default-address-pool=base=10.9.0.0/16,size=24')).toEqual({
      'default-address-pools': [{ base: '10.9.0.0/16', size: 24 }],
    });
  });

  it('have flags of their own for the usual ones', () => {
    expect(
      parseEngineOptions({
        ...none,
        insecureRegistries: ['registry.local:5000', '10.0.0.0/8'],
        registryMirrors: ['https://mirror.example.com'],
        labels: ['zone=a', 'zone.b='],
        storageDriver: 'overlay2',
        env: ['HTTPS_PROXY=http://u:p@proxy:3128', 'EMPTY='],
        installUrl: 'none',
      }),
    ).toEqual({
      daemon: {
        'insecure-registries': ['registry.local:5000', '10.0.0.0/8'],
        'registry-mirrors': ['https://mirror.example.com'],
        labels: ['zone=a', 'zone.b='],
        'storage-driver': 'overlay2',
      },
      env: { HTTPS_PROXY: 'http://u:p@proxy:3128', EMPTY: '' },
      installUrl: 'none',
    });
  });

  it.each([
    ['loglevel=debug', 'ENGINE_OPT_UNKNOWN', /no option named "loglevel"/],
    ['', 'ENGINE_OPT_UNKNOWN', /no option named ""/],
    ['log-level=loud', 'ENGINE_OPT_INVALID', /levels are/],
    ['mtu=big', 'ENGINE_OPT_INVALID', /whole number/],
    ['mtu', 'ENGINE_OPT_INVALID', /needs a value/],
    ['debug=yes', 'ENGINE_OPT_INVALID', /true or false/],
    ['log-opt=max-size', 'ENGINE_OPT_INVALID', /KEY=VALUE/],
    ['host=tcp://0.0.0.0:2375', 'ENGINE_OPT_INVALID', /sets the addresses that the engine listens on/],
    ['tlsverify', 'ENGINE_OPT_INVALID', /--no-tls/],
    ['storage-driver=a b', 'ENGINE_OPT_INVALID', /a word/],
    ['label=zone', 'ENGINE_OPT_INVALID', /KEY=VALUE/],
    ['insecure-registry=http://r.local', 'ENGINE_OPT_INVALID', /without http/],
    ['registry-mirror=mirror.local', 'ENGINE_OPT_INVALID', /is a URL/],
    ['registry-mirror=https://mirror.local/v2', 'ENGINE_OPT_INVALID', /does not accept a path/],
  ])('refuse %j with %s', (option, code, message) => {
    expect(() => daemonOf(option)).toThrow(
      expect.objectContaining({ code, exitCode: 2, message: expect.stringMatching(message) as string }),
    );
  });

  it('refuse two values where one is wanted, and advise on a mistyped name', () => {
    expect(() => daemonOf('mtu=1400', 'mtu=1500')).toThrow(/twice/);
    expect(() => daemonOf('log-levle=debug')).toThrow(
      expect.objectContaining({
        hints: expect.arrayContaining(['did you mean: --engine-opt log-level=…']) as string[],
      }),
    );
  });

  it.each(['ftp://example.com/x', 'install.sh', 'https://u:p@example.com/'])(
    'refuse to install from %s',
    (installUrl) => {
      expect(() => parseEngineOptions({ ...none, installUrl })).toThrow(
        expect.objectContaining({ code: 'ENGINE_OPT_INVALID', message: expect.not.stringContaining('u:p') as string }),
      );
    },
  );

  it.each(['A', '1A=b', 'A=b\nc', 'A B=c'])('refuse the variable %j without repeating its value', (text) => {
    expect(() => parseEngineOptions({ ...none, env: [text] })).toThrow(
      /--engine-env [^=]*: the value must be NAME=VALUE/,
    );
  });

  it('never crash, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseEngineOptions({ ...none, options: [text] });
        } catch (error) {
          expect(error).toMatchObject({ exitCode: 2 });
        }
      }),
    );
  });
});
