/** The distribution's own archive in a machine's apt sources, in both notations. */
export interface PackageSources {
  /** One-line notation; empty if this computer has none. */
  readonly list: string;
  /** Deb822 notation; empty if this computer has none. */
  readonly deb822: string;
  /** The first archive: for tools that take only one. */
  readonly mirror: string | undefined;
}

/**
 * Picks what belongs to the release itself out of apt's source files: suites of that codename with the component
 * `main`. Repositories of other vendors stay out: their keys would be missing. undefined when nothing is left.
 * Source: sources.list(5).
 */
export function archiveSources(
  files: readonly { readonly name: string; readonly text: string }[],
  codename: string,
): PackageSources | undefined {
  const suites = new RegExp(`^${codename}(?:-(?:updates|security|backports|proposed-updates))?/?$`);
  const ofRelease = (words: readonly string[]): boolean => words.length > 0 && words.every((word) => suites.test(word));
  const lines = files
    .filter(({ name }) => name.endsWith('.list'))
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => {
      const [, suite = '', components = ''] = /^\s*deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)\s+(.*)$/.exec(line) ?? [];
      return ofRelease([suite]) && components.split(/\s+/).includes('main');
    });
  const stanzas = files
    .filter(({ name }) => name.endsWith('.sources'))
    .flatMap(({ text }) => text.split(/\n\s*\n/))
    .map((stanza) =>
      stanza
        .split('\n')
        .filter((line) => !line.startsWith('#') && line.trim() !== '')
        .join('\n'),
    )
    .filter(
      (stanza) =>
        field(stanza, 'Types').includes('deb') &&
        !field(stanza, 'Enabled').includes('no') &&
        ofRelease(field(stanza, 'Suites')) &&
        field(stanza, 'Components').includes('main'),
    );
  if (lines.length + stanzas.length === 0) return undefined;
  const mirror = stanzas[0] === undefined ? /(\S+:\S+)/.exec(lines[0] ?? '')?.[1] : field(stanzas[0], 'URIs')[0];
  return { list: lines.map((line) => `${line}\n`).join(''), deb822: stanzas.map((s) => `${s}\n`).join('\n'), mirror };
}

function field(stanza: string, name: string): readonly string[] {
  const value = new RegExp(`^${name}:(.*)$`, 'im').exec(stanza)?.[1] ?? '';
  return value.split(/\s+/).filter((word) => word !== '');
}
