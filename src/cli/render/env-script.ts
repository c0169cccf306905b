import type { EnvVariables } from '../../operations/clients/env.js';

/** The shells whose syntax `env` writes. */
export const shells = ['bash', 'zsh', 'sh', 'fish', 'powershell', 'cmd', 'tcsh', 'emacs', 'nushell'] as const;

export type Shell = (typeof shells)[number];

/** Names of other programs that speak one of them. */
const otherPrograms: Readonly<Record<string, Shell>> = {
  dash: 'sh',
  ash: 'sh',
  ksh: 'sh',
  csh: 'tcsh',
  pwsh: 'powershell',
  nu: 'nushell',
};

interface Syntax {
  readonly set: (variable: string, value: string) => string;
  readonly unset: (variable: string) => string;
  /** The comment that says how to use the output. */
  readonly usage: (command: string) => string;
}

/** One backslash before each of `characters`. */
const escaped = (value: string, characters: RegExp): string => value.replaceAll(characters, String.raw`\$&`);

/** POSIX single quotes keep everything but themselves (XCU 2.2.2). */
const posixQuoted = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;

const posix: Syntax = {
  set: (variable, value) => `export ${variable}=${posixQuoted(value)}`,
  unset: (variable) => `unset ${variable}`,
  usage: (command) => `# eval "$(${command})"`,
};

const syntaxes: Readonly<Record<Exclude<Shell, 'nushell'>, Syntax>> = {
  bash: posix,
  zsh: posix,
  sh: posix,
  fish: {
    set: (variable, value) => `set -gx ${variable} '${escaped(value, /[\\']/g)}';`,
    unset: (variable) => `set -e ${variable};`,
    usage: (command) => `# ${command} | source`,
  },
  powershell: {
    set: (variable, value) => `$Env:${variable} = '${value.replaceAll("'", "''")}'`,
    unset: (variable) => `Remove-Item Env:\\${variable} -ErrorAction SilentlyContinue`,
    usage: (command) => `# & ${command} | Invoke-Expression`,
  },
  cmd: {
    set: (variable, value) => `SET "${variable}=${value}"`,
    unset: (variable) => `SET "${variable}="`,
    usage: (command) => `REM @FOR /f "tokens=*" %i IN ('${command}') DO @%i`,
  },
  tcsh: {
    // eval joins the lines with spaces, hence the semicolons; it looks for history (!) even between quotes.
    set: (variable, value) => `setenv ${variable} ${escaped(posixQuoted(value), /!/g)};`,
    unset: (variable) => `unsetenv ${variable};`,
    // A terminal does not read comments (#), and a bare backquote would run the command again.
    usage: (command) => `: 'eval "\`${command}\`"'`,
  },
  emacs: {
    set: (variable, value) => `(setenv "${variable}" "${escaped(value, /[\\"]/g)}")`,
    unset: (variable) => `(setenv "${variable}" nil)`,
    usage: (command) => `;; (with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`,
  },
};

/** The lines that a shell evaluates to get the variables, then a comment with the line to type. */
export function envScript(shell: Shell, variables: EnvVariables, command: string): string {
  if (shell === 'nushell') return nushellScript(variables);
  const syntax = syntaxes[shell];
  const lines = Object.entries(variables).map(([name, value]) =>
    value === null ? syntax.unset(name) : syntax.set(name, value),
  );
  return [...lines, syntax.usage(command), ''].join('\n');
}

/** Nushell evaluates no text, it takes data: a record for `load-env`, or a list of names for `hide-env`. */
function nushellScript(variables: EnvVariables): string {
  const unset = Object.entries(variables).filter(([, value]) => value === null);
  return `${JSON.stringify(unset.length > 0 ? unset.map(([name]) => name) : variables, null, 2)}\n`;
}

/**
 * The shell that will read the output: the program that started swarmup, when it is one; SHELL is only the login
 * shell. Anything unknown is taken for a POSIX shell.
 */
export function detectShell(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  parent: string | undefined,
): Shell {
  const named = spokenBy(parent) ?? spokenBy(env['SHELL']);
  if (named !== undefined) return named;
  if (platform !== 'win32') return 'sh';
  return env['PSModulePath'] === undefined ? 'cmd' : 'powershell';
}

/** `-zsh` is a login shell, `C:\…\pwsh.exe` one of Windows. */
function spokenBy(program = ''): Shell | undefined {
  const file = program.slice(Math.max(program.lastIndexOf('/'), program.lastIndexOf('\\')) + 1).toLowerCase();
  const name = file.slice(file.startsWith('-') ? 1 : 0, file.endsWith('.exe') ? -4 : undefined);
  return (
    shells.find((shell) => shell === name) ?? (Object.hasOwn(otherPrograms, name) ? otherPrograms[name] : undefined)
  );
}
