import type { DeltaResult } from '../../operations/files/copy-delta.js';
import { sizeText, type CopyResult } from '../../operations/files/copy-files.js';
import { quote } from '../../lib/quote.js';

/** What `scp` did, in one line. */
export function copyText(result: CopyResult | DeltaResult): string {
  if ('command' in result) return `${result.dryRun ? 'would run' : 'ran'}: ${quote(result.command)}\n`;
  const { files, folders, links, bytes, dryRun } = result;
  const counts = [
    counted(files, 'file'),
    ...(folders > 0 ? [counted(folders, 'folder')] : []),
    ...(links > 0 ? [counted(links, 'link')] : []),
  ];
  return `${dryRun ? 'would copy' : 'copied'} ${counts.join(', ')}, ${sizeText(bytes)}\n`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
