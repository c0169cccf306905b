import { isPathLike } from '../../lib/border.js';
import { isPlain } from '../../lib/is-plain.js';

/**
 * Whether the record of a docker-machine plugin names only files below its own folder. Another one could be a disk of
 * the user that the plugin removes with the host, or a file that it sends to it.
 */
export function namesOwnFilesOnly(config: unknown): boolean {
  if (!isPlain(config)) return false;
  const store = config['StorePath'];
  const isBelow = (text: string): boolean =>
    typeof store === 'string' && (text === store || (text.startsWith(`${store}/`) && !text.includes('..')));
  return textsIn(config).every((text) => !isPathLike(text) || isBelow(text));
}

/** All texts in it, at any depth. */
export const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
};
