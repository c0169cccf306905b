import { posix } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Paths as VBoxManage wants them and prints them: in WSL it is a program of Windows. */
export interface ToolPaths {
  readonly toTool: (path: string) => string;
  readonly fromTool: (path: string) => string;
}

/** Drives of Windows are below /mnt in WSL; other folders are reached from there by a network name. */
export function toolPaths(tool: string, env: Env): ToolPaths {
  const distribution = env['WSL_DISTRO_NAME'];
  if (distribution === undefined || !tool.endsWith('.exe')) return { toTool: same, fromTool: same };
  const share = `\\\\wsl.localhost\\${distribution}`;
  return {
    toTool: (path) => {
      const [, drive, below = ''] = /^\/mnt\/([a-z])(\/.*)?$/.exec(path) ?? [];
      if (drive === undefined) return `${share}${path.replaceAll('/', '\\')}`;
      return `${drive.toUpperCase()}:${below === '' ? '\\' : below.replaceAll('/', '\\')}`;
    },
    fromTool: (path) => {
      if (path.startsWith(share)) return path.slice(share.length).replaceAll('\\', '/');
      const [, drive, below = ''] = /^([A-Za-z]):(.*)$/.exec(path) ?? [];
      return drive === undefined ? path : posix.join('/mnt', drive.toLowerCase(), below.replaceAll('\\', '/'));
    },
  };
}

const same = (path: string): string => path;
