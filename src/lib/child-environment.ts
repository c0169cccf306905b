type Environment = Readonly<Record<string, string | undefined>>;

/** Names that begin like this, in any case (Windows and proxies use both), reach every program that swarmup starts. */
const passed = [
  // The user, the shell and the language.
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TERM|TMPDIR|TMP|TEMP)$/i,
  /^LC_/i,
  // Folders of the desktop, the keyring and the agent of ssh.
  /^(XDG_|DBUS_SESSION_BUS_ADDRESS$|DISPLAY$|WAYLAND_DISPLAY$|XAUTHORITY$|SSH_AUTH_SOCK$|SSH_AGENT_PID$)/i,
  // The way out of this network.
  /^(HTTPS?_PROXY|ALL_PROXY|FTP_PROXY|NO_PROXY|SSL_CERT_FILE|SSL_CERT_DIR)$/i,
  // Settings of the tools themselves.
  /^(DOCKER_|VBOX_|RSYNC_|APT_CONFIG$|LIBGUESTFS_)/i,
  // Without these, programs do not start on Windows.
  /^(SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|USERNAME|USERDOMAIN|HOMEDRIVE|HOMEPATH|APPDATA)$/i,
  /^(LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|PROGRAMFILES\(X86\)|PROGRAMW6432|COMMONPROGRAMFILES|OS)$/i,
  /^(NUMBER_OF_PROCESSORS|PROCESSOR_ARCHITECTURE|PUBLIC|ALLUSERSPROFILE)$/i,
];

/** What swarmup reads from the environment in order to ask no question: it is for swarmup alone. */
const secret = /^SWARMUP_.*(PASSWORD|PASSPHRASE|SECRET|TOKEN)/i;

/** The environment of a tool that swarmup starts: what is allowed by name, and what `also` matches. */
export function toolEnvironment(env: Environment, also?: RegExp): Record<string, string> {
  return pick(env, (name) => passed.some((names) => names.test(name)) || also?.test(name) === true);
}

/**
 * The environment of the user's own commands (hooks, `command:` secrets) and of plugins of docker-machine, which read
 * the keys of their cloud from it: everything but swarmup's own secrets.
 */
export const userEnvironment = (env: Environment): Record<string, string> => pick(env, () => true);

function pick(env: Environment, allows: (name: string) => boolean): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && allows(entry[0]) && !secret.test(entry[0]),
  );
  return Object.fromEntries(kept);
}
