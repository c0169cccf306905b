import { errorCatalogue } from '../../src/lib/error-catalogue/error-catalogue.js';
import type { ErrorEntry } from '../../src/lib/error-catalogue/error-entry.js';
import { errorSites } from './error-sites.js';

const head = `# Error codes

Every error of swarmup has a code that stays the same in later versions, so scripts may rely on the code and on the exit
code. With \`--json\`, an error is \`{"error": {"code", "message", "hints", "exitCode", "host"?}}\` on stdout. The \`error\` of a
single host has the same codes. The exit code below is that of a command that ends with this error alone. A command for several
hosts ends with 4 if it failed on some of them. A code without an exit code belongs to a problem that is reported but does
not end the command. The last line of each entry is an example of its message. Drivers from other packages may have codes of
their own.

\`npm run docs:errors\` makes this page from \`src/lib/error-catalogue/\`.
`;

/** What stands for values of these names, unless an entry knows better. */
const usual: Readonly<Record<string, string>> = {
  name: 'agent1',
  host: 'agent1',
  swarm: 'default',
  service: 'web',
  lab: 'shop',
  user: 'root',
  region: 'eu-central-1',
};

/** The text of docs/errors.md. */
export function errorPage(): string {
  const sections = errorCatalogue.map(({ title, codes }) =>
    [`## ${title}\n`, ...Object.entries<ErrorEntry>(codes).map(([code, entry]) => section(code, entry))].join('\n'),
  );
  return [head, ...sections].join('\n');
}

function section(code: string, entry: ErrorEntry): string {
  const { exits, meaning, remedy } = entry;
  const ends = exits.filter((exit) => exit !== 0);
  const exitText = ends.length === 0 ? 'It does not end a command.' : `Exit code ${ends.join(' or ')}.`;
  const example = entry.example ?? exampleOf(code, entry.values ?? {}) ?? '';
  return [`### \`${code}\`\n`, `${meaning} ${exitText}\n`, `${remedy}\n`, `    ${example}\n`].join('\n');
}

/** The first message that takes all of the values and needs no other, with them in it; undefined: there is none. */
function exampleOf(code: string, values: NonNullable<ErrorEntry['values']>): string | undefined {
  const form = formsOf(code).find((message) => {
    const names = [...message.matchAll(placeholder)].map(([, name = '']) => name);
    return (
      names.every((name) => name in values || name in usual) &&
      Object.keys(values).every((name) => names.includes(name))
    );
  });
  const seen: Record<string, number> = {};
  return form?.replaceAll(placeholder, (_, name: string) => {
    const value = values[name] ?? usual[name] ?? '';
    const turn = (seen[name] = (seen[name] ?? -1) + 1);
    return typeof value === 'string' ? value : (value[turn] ?? '');
  });
}

const placeholder = /<([^<>]+)>/g;

/** The messages of a code as the places that raise it have them, with their values as `<name>`. */
export const formsOf = (code: string): readonly string[] =>
  errorSites().flatMap((site) => (site.code === code && site.message !== undefined ? [site.message] : []));
