import { errorCatalogue } from '../../src/lib/error-catalogue/error-catalogue.js';
import type { ErrorEntry } from '../../src/lib/error-catalogue/error-entry.js';
import { errorSites } from './error-sites.js';

const head = `# Error codes

Every error of swarmup has a code that stays the same over versions: scripts may rely on it, and on the exit code. With \`--json\`
an error is \`{"error": {"code", "message", "hints", "exitCode", "host"?}}\` on stdout; the same codes stand in the \`error\` of single
hosts. The exit code is the one of a command that ends with that error alone: a command about several hosts ends with 4 when
some of them failed. What is told and does not end a command has no exit code. Words in angle brackets stand for names and values.
Drivers of others may have codes of their own.

This page is made by \`npm run docs:errors\` from \`src/lib/error-catalogue/\`.
`;

/** The text of docs/errors.md. */
export function errorPage(): string {
  const sites = errorSites();
  // The first that shows all of its parts.
  const messageOf = (code: string): string | undefined => {
    const messages = sites.flatMap((site) => (site.code === code && site.message !== undefined ? [site.message] : []));
    return messages.find((message) => !message.includes('<…>')) ?? messages[0];
  };
  const sections = errorCatalogue.map(({ title, codes }) =>
    [`## ${title}\n`, ...Object.entries(codes).map(([code, entry]) => section(code, entry, messageOf(code)))].join(
      '\n',
    ),
  );
  return [head, ...sections].join('\n');
}

function section(code: string, { exits, meaning, remedy, example }: ErrorEntry, message: string | undefined): string {
  const ends = exits.filter((exit) => exit !== 0);
  const exitText = ends.length === 0 ? 'It does not end a command.' : `Exit code ${ends.join(' or ')}.`;
  return [`### \`${code}\`\n`, `${meaning} ${exitText}\n`, `${remedy}\n`, `    ${example ?? message ?? ''}\n`].join(
    '\n',
  );
}
