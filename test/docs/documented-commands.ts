import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandPlace } from './command-lines.js';

const root = join(import.meta.dirname, '..', '..');

interface Documented {
  /** In blocks of code: to be typed as they stand. */
  readonly typed: readonly CommandPlace[];
  /** In a sentence, but for those of COMMAND and of the driver example. */
  readonly mentioned: readonly CommandPlace[];
}

/** The commands in all pages, but for CHANGELOG.md, which tells of commands that were. */
export function documentedCommands(): Documented {
  const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  const found = pages.filter((page) => page !== 'CHANGELOG.md').map(commandsOfPage);
  return { typed: found.flatMap(({ typed }) => typed), mentioned: found.flatMap(({ mentioned }) => mentioned) };
}

function commandsOfPage(page: string): Documented {
  const typed: CommandPlace[] = [];
  const mentioned: CommandPlace[] = [];
  let isCode = false;
  let begun = '';
  for (const [i, line] of readFileSync(join(root, page), 'utf8').split('\n').entries()) {
    if (line.trimStart().startsWith('```')) isCode = !isCode;
    const at = `${page}:${i + 1}`;
    const continued = isCode && line.endsWith('\\');
    const whole = begun + (continued ? line.slice(0, -1) : line);
    begun = continued ? whole : '';
    if (continued) continue;
    if (isCode) typed.push({ at, lines: commandsIn(whole) });
    else
      mentioned.push({
        at,
        lines: [...line.matchAll(/`swarmup ((?!COMMAND|example )[^`]+)`/g)].map(([, words = '']) => words),
      });
  }
  return { typed, mentioned };
}

/** What follows "swarmup" wherever a shell would begin a command, or after a colon, with the flags that are in brackets. */
export function commandsIn(line: string): readonly string[] {
  const begin = /(^|\$\(|&&|\|\||[|;!:]|\b(?:do|then|if)\b)\s*(?:\$ )?(?:[A-Z_]+=\S* )*swarmup /g;
  const typed = line.replaceAll(/\[(-[^\]]*)\]/g, '$1');
  return [...typed.matchAll(begin)].map((match) => {
    const rest = typed.slice(match.index + match[0].length);
    return match[1] === '$(' ? (rest.split(')')[0] ?? '') : rest;
  });
}
