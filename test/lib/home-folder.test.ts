import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFolder, homeFolder, settingsFiles } from '../../src/lib/home-folder.js';

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
        hints: [`set HOME, or set ${override} to a path of your choice`],
      }),
    );
  });
});

describe('settingsFiles', () => {
  const old = '/home/u/.config/swarmup/config.json';

  it('are in the home, and then where earlier versions kept them', () => {
    expect(settingsFiles({ HOME: '/home/u' }, 'linux')).toEqual(['/home/u/.local/share/swarmup/config.json', old]);
    expect(settingsFiles({ HOME: '/home/u', SWARMUP_HOME: '/own' }, 'linux')).toEqual(['/own/config.json', old]);
    expect(settingsFiles({ HOME: '/home/u', SWARMUP_HOME: '/own', XDG_CONFIG_HOME: '/x' }, 'linux')).toEqual([
      '/own/config.json',
      '/x/swarmup/config.json',
    ]);
    const windows = { LOCALAPPDATA: local, APPDATA: 'C:\\Users\\u\\AppData\\Roaming' };
    expect(settingsFiles(windows, 'win32')).toEqual([
      `${local}\\swarmup\\config.json`,
      'C:\\Users\\u\\AppData\\Roaming\\swarmup\\config.json',
    ]);
  });

  it('are one where both places are one, or the other cannot be known', () => {
    expect(settingsFiles({ HOME: '/Users/u' }, 'darwin')).toEqual([`${mac}/Application Support/swarmup/config.json`]);
    expect(settingsFiles({ SWARMUP_HOME: '/own' }, 'linux')).toEqual(['/own/config.json']);
  });

  it('are the file that SWARMUP_CONFIG names, and no other', () => {
    expect(settingsFiles({ HOME: '/home/u', SWARMUP_CONFIG: '/own.json' }, 'linux')).toEqual(['/own.json']);
  });
});
