import type { NetworkAttachment } from '../service-draft.js';
import { convertKeys, group, ignored, key, type Values } from './keys.js';
import { mapOf, options, type Shape, text, texts, type Keys } from './shape.js';
import type { StackNames } from './stack-names.js';

const isUserDefined = (network: string): boolean =>
  !['default', 'bridge', 'host', 'none'].includes(network) && !network.startsWith('container:');

const attachmentKeys = {
  aliases: key(texts, (aliases: string[], to: NetworkAttachment) => {
    to.Aliases = aliases;
  }),
  driver_opts: key(options, (given: Readonly<Record<string, string>>, to: NetworkAttachment) => {
    to.DriverOpts = given;
  }),
  ipv4_address: ignored('swarm gives tasks their addresses', text),
  ipv6_address: ignored('swarm gives tasks their addresses', text),
} satisfies Keys<NetworkAttachment>;

type Attachment = Values<typeof attachmentKeys>;

/** A later file replaces the aliases, and never the options. */
const attachment: Shape<Attachment> = {
  ...group(attachmentKeys, { nullable: true }),
  merge: (below, { aliases }) => ({ ...below, aliases }),
};

export type Attachments = Readonly<Record<string, Attachment>>;

/** The networks of a service, as a list or a map of them. */
export const attachments: Shape<Attachments> = {
  read: (value, at) =>
    Array.isArray(value)
      ? Object.fromEntries(texts.read(value, at).map((name) => [name, {}]))
      : mapOf(attachment, (_, above) => above).read(value, at),
  merge: (below, above) => ({
    ...below,
    ...Object.fromEntries(
      Object.entries(above).map(([name, value]) => {
        const found = below[name] ?? {};
        const isPlain = Object.keys(found).length === 0 || Object.keys(value).length === 0;
        return [name, isPlain ? { ...found, ...value } : attachment.merge(found, value)];
      }),
    ),
  }),
  keys: attachmentKeys,
};

/** As in docker: by name, and each service has its name in the file as an alias. */
export function attachmentsOf(given: Attachments, name: string, names: StackNames): NetworkAttachment[] {
  const all = Object.keys(given).length === 0 ? { default: {} } : given;
  return Object.entries(all)
    .map(([network, values]): NetworkAttachment => {
      const made: NetworkAttachment = { Target: names.network(network) };
      convertKeys(attachmentKeys, values, made);
      return isUserDefined(made.Target) ? { ...made, Aliases: [...(made.Aliases ?? []), name] } : made;
    })
    .sort((a, b) => (a.Target < b.Target ? -1 : 1));
}
