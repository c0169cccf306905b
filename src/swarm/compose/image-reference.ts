const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domain =
  '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const reference = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(:\\w[\\w.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);
const id = /^(?:sha256:)?[a-f0-9]{64}$/;

/**
 * The name of an image as docker's CLI sends it: without docker.io and library, and with `:latest` if it has neither
 * tag nor digest. undefined: the text is not the name of an image.
 */
export function imageReference(text: string): string | undefined {
  if (id.test(text)) return text;
  const [, name, tag = '', digest = ''] = reference.exec(text) ?? [];
  if (name === undefined) return undefined;
  const familiar = name.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\/(?=[^/]+$)/, '');
  return `${familiar}${tag === '' && digest === '' ? ':latest' : tag}${digest}`;
}
