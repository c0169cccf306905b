import { execa, execaSync } from 'execa';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '../../src/lib/abort.js';

/** Whether the programs are here that a keyring is made of: libsecret-tools, gnome-keyring, dbus. */
export const canOpenKeyring =
  process.platform === 'linux' &&
  ['secret-tool', 'gnome-keyring-daemon', 'dbus-daemon'].every(
    (program) => !execaSync('which', [program], { reject: false }).failed,
  );

export interface Keyring extends AsyncDisposable {
  /** What a program needs to find it. */
  readonly env: Readonly<Record<string, string>>;
}

/** On it nothing is started on demand: a second, locked keyring would answer. */
const busConfig = (socket: string): string => `<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** An unlocked gnome-keyring on a session bus of its own, as after a login; its files are in the folder. */
export async function openKeyring(folder: string): Promise<Keyring> {
  const socket = join(folder, 'bus');
  const env = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` };
  const config = join(folder, 'bus.conf');
  await writeFile(config, busConfig(socket));
  const options = { reject: false, stdout: 'ignore', stderr: 'ignore' } as const;
  const bus = execa('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nopidfile'], options);
  const daemon = execa('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    ...options,
    input: 'password of the login',
    env: { ...env, HOME: folder, XDG_DATA_HOME: folder, XDG_RUNTIME_DIR: folder },
  });
  const close = async (): Promise<void> => {
    for (const program of [daemon, bus]) {
      program.kill();
      await program;
    }
  };
  try {
    await waitFor({ timeoutMs: 30_000, what: 'the keyring to answer', intervalMs: 100 }, async () => {
      const { stderr } = await execa('secret-tool', ['lookup', 'swarmup', 'probe'], { reject: false, env });
      if (stderr !== '') throw new Error(stderr);
      return true;
    });
  } catch (error) {
    await close();
    throw error;
  }
  return { env, [Symbol.asyncDispose]: close };
}
