import { access, constants } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { SwarmupError } from '../../../lib/errors.js';
import { exitCodes } from '../../../lib/exit-codes.js';

type Env = Readonly<Record<string, string | undefined>>;

/** The computer that runs VirtualBox; tests pass their own. */
export interface Computer {
  readonly platform: NodeJS.Platform;
  /** As in node:os: `x64`, `arm64`. */
  readonly arch: string;
  /** The ID of the user; undefined if users have no numbers. */
  readonly uid: number | undefined;
}

/**
 * The path of VBoxManage: on PATH, else in VBOX_INSTALL_PATH or VBOX_MSI_INSTALL_PATH (set by the installer on
 * Windows), else in the usual folders; in WSL also that of Windows. Errors: VIRTUALBOX_MISSING (exit 3).
 */
export async function findTool(env: Env, { platform }: Pick<Computer, 'platform'>): Promise<string> {
  for (const candidate of candidates(env, platform)) if (await isExecutable(candidate)) return candidate;
  throw new SwarmupError('VIRTUALBOX_MISSING', 'VirtualBox is not installed: swarmup cannot find VBoxManage', {
    exitCode: exitCodes.preflight,
    hints: [
      'install VirtualBox 7.0 to 7.2: https://www.virtualbox.org/wiki/Downloads',
      'if VirtualBox is installed in another folder, add the folder to PATH or set VBOX_INSTALL_PATH',
    ],
  });
}

function candidates(env: Env, platform: NodeJS.Platform): readonly string[] {
  const windows = platform === 'win32';
  const path = windows ? win32 : posix;
  const program = windows ? 'VBoxManage.exe' : 'VBoxManage';
  const onPath = splitList(env['PATH'] ?? env['Path'], path.delimiter);
  const installed = splitList(env['VBOX_INSTALL_PATH'], ';').concat(splitList(env['VBOX_MSI_INSTALL_PATH'], ';'));
  const found = [...onPath, ...installed, ...usualFolders(env, platform)].map((folder) => path.join(folder, program));
  if (platform !== 'linux' || env['WSL_DISTRO_NAME'] === undefined) return found;
  const ofWindows = [...onPath, '/mnt/c/Program Files/Oracle/VirtualBox'];
  return [...found, ...ofWindows.map((folder) => path.join(folder, 'VBoxManage.exe'))];
}

const splitList = (text: string | undefined, separator: string): string[] =>
  (text ?? '').split(separator).filter((folder) => folder !== '');

function usualFolders(env: Env, platform: NodeJS.Platform): readonly string[] {
  if (platform === 'darwin') return ['/Applications/VirtualBox.app/Contents/MacOS', '/usr/local/bin'];
  if (platform !== 'win32') return ['/usr/bin', '/usr/local/bin', '/usr/lib/virtualbox', '/opt/VirtualBox'];
  const programs = [env['ProgramFiles'], env['ProgramW6432'], 'C:\\Program Files'];
  return programs.flatMap((folder) => (folder === undefined ? [] : [win32.join(folder, 'Oracle', 'VirtualBox')]));
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
