import { posix, win32 } from 'node:path';
import { usageError } from './errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Where one kind of file lives: the variable that overrides it, the XDG variable, and the customs of each system. */
interface Place {
  readonly override: string;
  readonly xdg: string;
  /** Relative to the user's home folder. */
  readonly linux: string;
  readonly macos: string;
  /** A variable of Windows, and the path below it. */
  readonly windows: readonly [variable: string, below: string];
}

/**
 * Folder of the store: SWARMUP_HOME, else `swarmup` in XDG_DATA_HOME, else the system's own folder for data. Source:
 * XDG Base Directory Specification 0.8, according to which a relative XDG path is ignored. Errors: HOME_UNKNOWN (exit
 * 2) if no variable contains the user's home.
 */
export function homeFolder(env: Env, platform: NodeJS.Platform): string {
  return locate(env, platform, {
    override: 'SWARMUP_HOME',
    xdg: 'XDG_DATA_HOME',
    linux: '.local/share/swarmup',
    macos: 'Library/Application Support/swarmup',
    windows: ['LOCALAPPDATA', 'swarmup'],
  });
}

/** Folder for downloads and images, which may be lost: SWARMUP_CACHE, XDG_CACHE_HOME … Errors: HOME_UNKNOWN. */
export function cacheFolder(env: Env, platform: NodeJS.Platform): string {
  return locate(env, platform, {
    override: 'SWARMUP_CACHE',
    xdg: 'XDG_CACHE_HOME',
    linux: '.cache/swarmup',
    macos: 'Library/Caches/swarmup',
    windows: ['LOCALAPPDATA', 'swarmup/cache'],
  });
}

/** Where oclif looks for plugins, which are packages of drivers (oclif core, Config.dir). Errors: HOME_UNKNOWN. */
export function pluginFolder(env: Env, platform: NodeJS.Platform): string {
  return locate(env, platform, {
    override: 'SWARMUP_DATA_DIR',
    xdg: 'XDG_DATA_HOME',
    linux: '.local/share/swarmup',
    macos: '.local/share/swarmup',
    windows: ['LOCALAPPDATA', 'swarmup'],
  });
}

/**
 * Where the user's settings are, files that need not exist: the first that is there counts, and it is the first that is
 * written. SWARMUP_CONFIG alone, or `config.json` in the home and where earlier versions kept it. Errors: HOME_UNKNOWN.
 */
export function settingsFiles(env: Env, platform: NodeJS.Platform): readonly [string, ...string[]] {
  const path = platform === 'win32' ? win32 : posix;
  const named = env['SWARMUP_CONFIG'] ?? '';
  if (named !== '') return [path.resolve(named)];
  const own = path.join(homeFolder(env, platform), 'config.json');
  const variable = platform === 'win32' ? 'APPDATA' : 'HOME';
  const hasFormer = path.isAbsolute(env['XDG_CONFIG_HOME'] ?? '') || (env[variable] ?? '') !== '';
  const former = hasFormer ? formerSettingsFile(env, platform) : own;
  return former === own ? [own] : [own, former];
}

function formerSettingsFile(env: Env, platform: NodeJS.Platform): string {
  return locate(env, platform, {
    override: 'SWARMUP_CONFIG',
    xdg: 'XDG_CONFIG_HOME',
    linux: '.config/swarmup/config.json',
    macos: 'Library/Application Support/swarmup/config.json',
    windows: ['APPDATA', 'swarmup/config.json'],
  });
}

function locate(env: Env, platform: NodeJS.Platform, place: Place): string {
  const path = platform === 'win32' ? win32 : posix;
  const override = env[place.override];
  if (override !== undefined && override !== '') return path.resolve(override);
  if (platform === 'win32') {
    const [variable, below] = place.windows;
    return path.join(known(env, variable, place), below);
  }
  const xdg = env[place.xdg];
  if (xdg !== undefined && path.isAbsolute(xdg)) return path.join(xdg, belowXdg(place));
  return path.join(known(env, 'HOME', place), platform === 'darwin' ? place.macos : place.linux);
}

/** `.config/swarmup/config.json` is `swarmup/config.json` below XDG_CONFIG_HOME. */
function belowXdg(place: Place): string {
  return place.linux.slice(place.linux.indexOf('swarmup'));
}

function known(env: Env, variable: string, place: Place): string {
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw usageError(
    'HOME_UNKNOWN',
    `swarmup cannot find the folder for its files: ${variable} is not set`,
    `set ${variable}, or set ${place.override} to a path of your choice`,
  );
}

/** The user's own folder. Errors: HOME_UNKNOWN. */
export function homeVariable(env: Env, platform: NodeJS.Platform): string {
  const variable = platform === 'win32' ? 'USERPROFILE' : 'HOME';
  const value = env[variable];
  if (value !== undefined && value !== '') return value;
  throw usageError(
    'HOME_UNKNOWN',
    `swarmup cannot find your home folder: ${variable} is not set`,
    `set ${variable} to the path of your home folder`,
  );
}
