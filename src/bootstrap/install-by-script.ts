import { SwarmupError } from '../lib/errors.js';
import { quoteWord } from '../lib/quote.js';
import { swarmup } from '../lib/typed-command.js';
import type { Runner } from '../ssh/runner.js';
import { type RemoteScript, runScript } from './remote-script.js';

/** What get.docker.com does takes minutes on a slow line. */
const timeoutMs = 900_000;

/**
 * Installs Docker Engine with the script at a URL, downloaded by the host itself; `none` refuses to install. Errors:
 * ENGINE_MISSING for `none`; INSTALL_SCRIPT_UNUSABLE if the download is incomplete or is not a shell script, in which
 * case nothing was run; ENGINE_INSTALL_FAILED with the end of its output.
 */
export async function installByScript(
  runner: Runner,
  url: string,
  { signal, detail }: { readonly signal: AbortSignal | undefined; readonly detail: (message: string) => void },
): Promise<void> {
  const { host } = runner;
  if (url === 'none')
    throw new SwarmupError(
      'ENGINE_MISSING',
      `${host} has no Docker Engine, and --engine-install-url none does not install one`,
      {
        host,
        hints: [`install Docker Engine (${swarmup`ssh ${host}`}), then run the same command again`],
      },
    );
  detail(`running the install script ${url}`);
  const result = await runScript(runner, installScript(url), { signal, timeoutMs, check: false });
  if (result.exitCode === 0) return;
  const output = `${result.stdout}\n${result.stderr}`.trim();
  const unusable = /^unusable: (.*)$/m.exec(output)?.[1];
  const why = unusable ?? output.split('\n').at(-1) ?? `exit code ${String(result.exitCode)}`;
  const what = unusable === undefined ? 'failed' : 'was not run';
  throw new SwarmupError(
    unusable === undefined ? 'ENGINE_INSTALL_FAILED' : 'INSTALL_SCRIPT_UNUSABLE',
    `the install script ${url} ${what} on ${host}: ${why}`,
    {
      host,
      hints: [
        'check --engine-install-url, then run the same command again',
        'without this option, the packages of the system are used',
      ],
      cause: new Error(output.split('\n').slice(-30).join('\n')),
    },
  );
}

/** Fetches, checks, and only then runs: a page of an error or half a script never gets to a shell. */
export function installScript(url: string): RemoteScript {
  return {
    title: 'run the install script',
    body: `
url=${quoteWord(url)}
new=$(mktemp) || exit
unusable() { rm -f "$new"; echo "unusable: $1"; exit 90; }
if have curl; then said=$(curl -fsSL --retry 2 --max-time 120 -o "$new" "$url" 2>&1)
elif have wget; then said=$(wget -nv -T 60 -t 2 -O "$new" "$url" 2>&1)
else unusable 'the host has neither curl nor wget'; fi || unusable "$(echo "$said" | tail -n 1)"
[ "$(head -c 2 "$new")" = '#!' ] || unusable 'what came is no shell script'
said=$(sh -n "$new" 2>&1) || unusable "it is not complete: $(echo "$said" | tail -n 1)"
sh "$new" 2>&1
status=$?
rm -f "$new"
exit $status
`,
  };
}
