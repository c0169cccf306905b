import type { ScalarTag, Tags } from 'yaml';

/** A scalar that JavaScript would write otherwise than docker's CLI: a time, or a large number with an exponent. */
export class GoScalar {
  constructor(
    readonly text: string,
    readonly number?: number,
  ) {}
}

const integer: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  identify: (value) => typeof value === 'number' || typeof value === 'bigint',
  default: true,
  test: /^[-+]?(?:0[bB][01_]+|0[xX][\da-fA-F_]+|0[oO][0-7_]+|\d[\d_]*)$/,
  resolve: integerOf,
};

/** Whole numbers of YAML 1.1 and 1.2: `0400` and `0o400` are octal. Those above 2^53 stay exact. */
function integerOf(text: string): number | bigint {
  const plain = text.replaceAll('_', '').replace(/^\+/, '').toLowerCase();
  const isNegative = plain.startsWith('-');
  const digits = plain.replace(/^-/, '').replace(/^0(?=[0-7]+$)/, '0o');
  const size = BigInt(digits);
  const exact = isNegative ? -size : size;
  if (exact < -(2n ** 63n) || exact >= 2n ** 64n) return Number(exact);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) + 0 : exact;
}

const float: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  identify: (value) => typeof value === 'number',
  default: true,
  test: /^[-+]?(?:\.\d[\d_]*|\d[\d_]*(?:\.[\d_]*)?)(?:[eE][-+]?\d+)?$/,
  resolve: (text) => {
    const number = Number(text.replaceAll('_', '')) + 0;
    return Number.isInteger(number) && Math.abs(number) >= 1e6 ? new GoScalar(goFloat(number), number) : number;
  },
};

/** Go's `%v`: an exponent, of two digits, when it is below -4 or above 5. */
export function goFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value);
  return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`;
}

const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const time =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt ](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?)(?:(Z)|([-+])(\d{2}):(\d{2}))?$/;

const timestamp: ScalarTag = {
  tag: 'tag:yaml.org,2002:timestamp',
  identify: (value) => value instanceof GoScalar,
  default: true,
  test: /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?$/,
  resolve: (text) => timestampOf(text) ?? text,
};

/** `2020-1-2`, with a space and a time of no zone, or with `T` and a zone; else it is a text. */
function timestampOf(text: string): GoScalar | undefined {
  const found = date.exec(text) ?? time.exec(text);
  if (found === null) return undefined;
  const [hour = '0', minute = '0', second = '0', fraction = ''] = found.slice(4);
  const zone = zoneOf(found);
  if (found[4] !== undefined && (zone !== undefined) === text.includes(' ')) return undefined;
  const day = found.slice(1, 4).map(twoDigits).join('-');
  const clock = [hour, minute, second].map(twoDigits).join(':');
  const parsed = new Date(`${day}T${clock}Z`);
  if (Number.isNaN(parsed.getTime()) || parsed.getUTCDate() !== Number(found[3])) return undefined;
  return new GoScalar(`${day} ${clock}${fraction.replace(/\.?0+$/, '')} ${zone ?? '+0000 UTC'}`);
}

const twoDigits = (field: string): string => field.padStart(2, '0');

function zoneOf(found: RegExpExecArray): string | undefined {
  const [zulu, sign, hours = '', minutes = ''] = found.slice(8);
  if (zulu !== undefined) return '+0000 UTC';
  const offset = `${sign ?? ''}${hours}${minutes}`;
  return sign === undefined ? undefined : `${offset} ${offset}`;
}

/** Scalars as the YAML library of docker's CLI reads them. Its YAML is 1.2 with the integers of 1.1. */
export const goTags = (tags: Tags): Tags => [
  ...tags.filter((tag) => typeof tag === 'string' || !/:(?:int|float)$/.test(tag.tag)),
  integer,
  special,
  float,
  timestamp,
];

const special: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  identify: (value) => typeof value === 'number',
  default: true,
  test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  resolve: (text) => (/nan/i.test(text) ? Number.NaN : text.startsWith('-') ? -Infinity : Infinity),
};
