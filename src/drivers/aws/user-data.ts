import { gzipSync } from 'node:zlib';
import { usageError } from '../../lib/errors.js';
import type { HostIdentity } from '../driver.js';

/** EC2's limit, before base64. */
const maxBytes = 16 * 1024;

/**
 * The user data of a host, in base64: cloud-init sets its name and its only SSH host key before sshd starts, and allows
 * our key to log in. The user's own user data also runs. The same host always gives the same text, because a launch is
 * repeated with it. Errors: AWS_USER_DATA (exit 2).
 */
export function userData(host: HostIdentity, own: string | undefined): string {
  const ours = cloudConfig(host);
  const text = own === undefined ? ours : multipart(host.id, [partOf(own), oursAfterTheirs(ours)]);
  const plain = Buffer.from(text);
  const data = plain.length <= maxBytes ? plain : gzipSync(plain, { level: 9 });
  if (data.length > maxBytes)
    throw usageError(
      'AWS_USER_DATA',
      `--aws-user-data: ${data.length} bytes are more than EC2 accepts (${maxBytes}, compressed)`,
      'use a short script that fetches the rest',
    );
  return data.toString('base64');
}

/** JSON is also YAML, and needs no care about quoting. */
function cloudConfig({ name, hostKey, authorizedKey }: HostIdentity): string {
  const config = {
    hostname: name,
    preserve_hostname: false,
    // sudo looks its own name up.
    manage_etc_hosts: 'localhost',
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh_authorized_keys: [authorizedKey.trim()],
  };
  return `#cloud-config\n${JSON.stringify(config, undefined, 1)}\n`;
}

interface Part {
  readonly headers: readonly string[];
  readonly text: string;
}

/**
 * Ours comes last, and is merged into theirs: lists get longer, and what both say stays as they say it. With `replace`
 * cloud-init would not join lists at all. Source: cloud-init, mergers/m_dict.py.
 */
const oursAfterTheirs = (text: string): Part => ({
  headers: [
    'Content-Type: text/cloud-config; charset="utf-8"',
    'Merge-Type: list(append)+dict(no_replace,recurse_list,recurse_dict)+str()',
  ],
  text,
});

/** By the first line, which cloud-init uses to distinguish the types. Source: cloud-init, "User-data formats". */
const types: readonly (readonly [RegExp, string])[] = [
  [/^#!/, 'text/x-shellscript'],
  [/^#cloud-config\b/, 'text/cloud-config'],
  [/^#cloud-boothook\b/, 'text/cloud-boothook'],
  [/^#include\b/, 'text/x-include-url'],
  [/^## template: jinja\b/, 'text/jinja2'],
];

function partOf(own: string): Part {
  const type = types.find(([pattern]) => pattern.test(own))?.[1];
  if (type !== undefined) return { headers: [`Content-Type: ${type}; charset="utf-8"`], text: own };
  // One that is in parts already goes in whole.
  const [, headers] = /^((?:[\w-]+:.*\r?\n(?:[ \t].*\r?\n)*)+)\r?\n/.exec(own) ?? [];
  if (headers !== undefined && /^content-type: *multipart\//im.test(headers))
    return { headers: headers.trimEnd().split(/\r?\n/), text: own.slice(headers.length).trimStart() };
  throw usageError(
    'AWS_USER_DATA',
    `--aws-user-data: cloud-init would not recognise the type of this file`,
    `the first line of the file must name its type: ${types.map(([pattern]) => pattern.source.replace(/^\^|\\b$/g, '')).join(', ')}`,
  );
}

function multipart(id: string, parts: readonly Part[]): string {
  const boundary = `swarmup-${id}`;
  const body = parts.map(({ headers, text }) => `--${boundary}\n${headers.join('\n')}\n\n${text}\n`);
  return `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\n\n${body.join('')}--${boundary}--\n`;
}
