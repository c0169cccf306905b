import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, configFile, homeFolder } from '../../src/lib/home-folder.js';

const mac = '/Users/u/Library';
const local = 'C:\\Users\\u\\AppData\\Local';

describe.each([
  {
    of: homeFolder,
    variables: ['SWARMUP_HOME', 'XDG_DATA_HOME'],
    linux: '/home/u/.local/share/swarmup',
    xdg: '/x/swarmup',
    darwin: `${mac}/Application Support/swarmup`,
    win32: `${local}\\swarmup`,
  },
  {
    of: cacheFolder,
    variables: ['SWARMUP_CACHE', 'XDG_CACHE_HOME'],
    linux: '/home/u/.cache/swarmup',
    xdg: '/x/swarmup',
    darwin: `${mac}/Caches/swarmup`,
    win32: `${local}\\swarmup\\cache`,
  },
  {
    of: configFile,
    variables: ['SWARMUP_CONFIG', 'XDG_CONFIG_HOME'],
    linux: '/home/u/.config/swarmup/config.json',
    xdg: '/x/swarmup/config.json',
    darwin: `${mac}/Application Support/swarmup/config.json`,
    win32: 'C:\\Users\\u\\AppData\\Roaming\\swarmup\\config.json',
  },
])('$of.name', ({ of, variables: [override = '', xdg = ''], ...expected }) => {
  it('is where the system keeps such files', () => {
    expect(of({ HOME: '/home/u' }, 'linux')).toBe(expected.linux);
    expect(of({ HOME: '/Users/u' }, 'darwin')).toBe(expected.darwin);
    const windows = { LOCALAPPDATA: local, APPDATA: 'C:\\Users\\u\\AppData\\Roaming' };
    expect(of(windows, 'win32')).toBe(expected.win32);
  });

  it('follows an absolute XDG path', () => {
    expect(of({ HOME: '/home/u', [xdg]: '/x' }, 'linux')).toBe(expected.xdg);
    expect(of({ [xdg]: '/x' }, 'darwin')).toBe(expected.xdg);
    for (const ignored of ['', 'x']) expect(of({ HOME: '/home/u', [xdg]: ignored }, 'linux')).toBe(expected.linux);
  });

  it('is what its own variable says', () => {
    expect(of({ HOME: '/home/u', [xdg]: '/x', [override]: '/own' }, 'linux')).toBe('/own');
    expect(of({ [override]: 'own' }, 'linux')).toBe(resolve('own'));
    expect(of({ [override]: 'D:\\own' }, 'win32')).toBe('D:\\own');
    expect(of({ HOME: '/home/u', [override]: '' }, 'linux')).toBe(expected.linux);
  });

  it('is an error without any of them', () => {
    expect(() => of({}, 'linux')).toThrow(
      expect.objectContaining({
        code: 'HOME_UNKNOWN',
        exitCode: 2,
        hints: [`set HOME, or ${override} to a path of your choice`],
      }),
    );
  });
});
