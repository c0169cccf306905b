import type { ExecOptions, ExecResult, Runner } from '../ssh/runner.js';

export interface RemoteScript {
  /** As in "read facts": the first line of the script, and what errors call it. */
  readonly title: string;
  /** POSIX sh; runs with a C locale, its stdin is /dev/null. */
  readonly body: string;
}

/**
 * Runs a script on the host with `sh -s`, the text on stdin: it works with any login shell, needs no quoting, has no
 * length limit, and none of it (secrets in here-documents) appears in a process list. Errors and deadline: those of
 * `exec`.
 */
export async function runScript(
  runner: Runner,
  script: RemoteScript,
  options: Omit<ExecOptions, 'stdin' | 'title'> = {},
): Promise<ExecResult> {
  return runner.exec('sh -s', { ...options, title: script.title, stdin: scriptText(script) });
}

/** The whole text. It is parsed to its end before anything runs, so no command in it can eat the rest from stdin. */
export function scriptText({ title, body }: RemoteScript): string {
  return `# swarmup: ${title}
PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; export PATH
LC_ALL=C; export LC_ALL
have() { command -v "$1" >/dev/null 2>&1; }
main() {
${body.trim()}
}
main </dev/null
`;
}

const delimiter = 'SWARMUP_END_OF_FILE';

/** A here-document with `text` as it is. The text gets a final newline. */
export function hereDocument(text: string): string {
  const lines = text.replace(/\n$/, '');
  if (lines.split('\n').includes(delimiter)) throw new Error(`a file must not contain the line ${delimiter}`);
  return `<<'${delimiter}'\n${lines}\n${delimiter}`;
}
