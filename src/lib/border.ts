import { isIP } from 'node:net';
import {
  array,
  type BaseIssue,
  check,
  custom,
  exactOptional,
  type GenericSchema,
  type InferOutput,
  integer,
  maxValue,
  minValue,
  number,
  picklist,
  pipe,
  safeParse,
  strictObject,
  string,
  boolean,
} from 'valibot';
import { isPlain } from './is-plain.js';
import { SwarmupError } from './errors.js';

/**
 * The forms of fields that come from outside: from a bundle, a docker-machine store, a backup. A value of these forms
 * cannot become an option of a program, a line of a file, a path or a sequence of the terminal. Messages never quote
 * the value.
 */
export const pattern = (fits: (text: string) => boolean, message: string) => pipe(string(), check(fits, message));

/** C0, DEL and C1, and what reverses or hides text. */
const odd = /[\u0000-\u001f\u007f-\u009f\u2028-\u202f\u2066-\u2069\u200b-\u200f\ufeff]/;

export const isCleanText = (text: string): boolean => !odd.test(text);

export const isUserName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,62}\$?$/.test(text);

/** An IP address, or a name as DNS has them. */
export const isHostAddress = (text: string): boolean =>
  isIP(text) !== 0 || (text.length <= 253 && /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(text));

export const isPort = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 65_535;

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether this could be a path outside of the folder that it stands in, on any system. */
export const isPathLike = (text: string): boolean =>
  /^(?:[/\\~]|[A-Za-z]:[\\/])/.test(text) || /(?:^|[/\\])\.\.(?:[/\\]|$)/.test(text);

/** A path below a folder, of plain names: `keys/0-id_rsa`. */
export const isPathBelow = (text: string): boolean =>
  text.length <= 512 && text.split('/').every((part) => /^[A-Za-z0-9_][A-Za-z0-9_.@+-]*$/.test(part));

export const userName = pattern(isUserName, 'it must be the name of a user: letters, digits and . _ - @ +');
export const hostAddress = pattern(isHostAddress, 'it must be an IP address or the name of a host');
export const ipAddress = pattern((text) => isIP(text) !== 0, 'it must be an IP address');
/** From 0. */
export const wholeNumber = pipe(number(), integer(), minValue(0), maxValue(2 ** 31));
export const port = pipe(number(), integer(), minValue(1), maxValue(65_535));
export const uuid = pattern((text) => uuidForm.test(text), 'it must be a UUID');
/** As the engine makes the IDs of nodes and swarms. */
export const swarmKitId = pattern((text) => /^[a-z0-9]{1,40}$/.test(text), 'it must be an ID of letters and digits');
export const cleanText = pattern(
  (text) => text.length <= 4096 && isCleanText(text),
  'it must be one line of text without control characters',
);
/** A word for people and programs: a driver, a region, a name that a driver made. */
export const plainWord = pattern(
  (text) => /^[A-Za-z0-9_][A-Za-z0-9_.:/+-]{0,254}$/.test(text) && !isPathLike(text),
  'it must be a word of letters, digits and . _ : / + -',
);
export const publicKey = pattern(
  (text) => isCleanText(text) && /^(?:ssh|ecdsa|sk)-[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+(?: .*)?$/.test(text),
  'it must be a public key of OpenSSH in one line',
);
export const timestamp = pattern(
  (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text),
  'it must be a time of RFC 3339',
);
const localPath = pattern(isCleanText, 'it must be a path without control characters');

/** Data for other programs than this one: JSON whose texts and keys have no control characters. */
export const cleanData = custom<unknown>(
  (value) => !isDeep(value) && isCleanData(value),
  'it must be JSON without control characters, and not nested deeply',
);

/** Whether it could exhaust the stack of a function that walks through it. */
export const isDeep = (value: unknown, left = 20): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left === 0 || Object.values(value).some((part) => isDeep(part, left - 1)));

function isCleanData(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 65_536 && isCleanText(value);
  if (Array.isArray(value)) return value.every((part) => isCleanData(part));
  if (!isPlain(value)) return value === null || ['number', 'boolean', 'undefined'].includes(typeof value);
  return Object.entries(value).every(([key, part]) => isCleanText(key) && isCleanData(part));
}

const credentials = {
  identityFiles: array(localPath),
  agent: exactOptional(picklist(['SSH_AUTH_SOCK', 'none'])),
  identitiesOnly: exactOptional(boolean()),
};
const policy = strictObject({
  knownHosts: array(localPath),
  alias: exactOptional(hostAddress),
  unknown: picklist(['ask', 'accept']),
});
export const sshAddress = { host: hostAddress, port, user: userName };

/** As `SshLogin`. The code that takes it in decides before which files it may name. */
export const sshLogin = strictObject({
  ...credentials,
  jumps: array(strictObject({ ...sshAddress, ...credentials, policy, hostKey: exactOptional(publicKey) })),
  policy,
});

/** Each of them an address. */
export const hostAddresses = array(hostAddress);
export { array, boolean, exactOptional, literal, nullable, picklist, record, strictObject, unknown } from 'valibot';

/**
 * The value as the schema says. Errors: `code` with the fields that do not fit, and what they must be; never their
 * values, because these may be made to deceive. `what`: the object and its file, as in `m1 in lab.swarmup`.
 */
export function parseOutside<S extends GenericSchema>(
  schema: S,
  value: unknown,
  { what, code }: { readonly what: string; readonly code: string },
): InferOutput<S> {
  const { success, output, issues } = safeParse(schema, value);
  if (success) return output;
  const faults = (issues as readonly BaseIssue<unknown>[]).map(faultText);
  const more = faults.length > maxFaults ? [`and ${faults.length - maxFaults} more`] : [];
  throw new SwarmupError(code, `${what} is refused: ${[...faults.slice(0, maxFaults), ...more].join('; ')}`);
}

const maxFaults = 5;

const kinds: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'a map',
};

function faultText(issue: BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) => (/^[\w.-]{1,60}$/.test(String(key)) ? String(key) : '?')).join('.');
  return `${path === '' ? '' : `${path}: `}${reasonOf(issue)}`;
}

function reasonOf({ kind, type, message, expected }: BaseIssue<unknown>): string {
  if (expected === 'never') return 'there is no such key';
  if (type.endsWith('object') && expected?.startsWith('"') === true) return 'it is missing';
  if (kind === 'validation' && type === 'check') return message;
  if (type === 'custom') return message;
  return `it must be ${kinds[expected ?? ''] ?? expected ?? 'something else'}`;
}
