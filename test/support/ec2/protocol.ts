/** The EC2 query protocol: forms in, XML out. Source: the public API reference, version 2016-11-15. */

/** A request, or a part of one: `Filter.2.Value.1` is `items('Filter')[1].texts('Value')[0]`. */
export class Query {
  constructor(
    private readonly form: ReadonlyMap<string, string>,
    private readonly prefix = '',
  ) {}

  static parse(body: string): Query {
    return new Query(new Map(new URLSearchParams(body)));
  }

  text(name: string): string | undefined {
    return this.form.get(this.prefix + name);
  }

  require(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`);
    return value;
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : value === 'true';
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  texts(name: string): readonly string[] {
    const found: string[] = [];
    for (let i = 1; this.has(`${name}.${i}`); i++) found.push(this.text(`${name}.${i}`) ?? '');
    return found;
  }

  items(name: string): readonly Query[] {
    const found: Query[] = [];
    for (let i = 1; this.has(`${name}.${i}.`); i++) found.push(new Query(this.form, `${this.prefix}${name}.${i}.`));
    return found;
  }

  /** A parameter of this name, or with this beginning when it ends with a dot. */
  has(name: string): boolean {
    const full = this.prefix + name;
    return name.endsWith('.') ? [...this.form.keys()].some((key) => key.startsWith(full)) : this.form.has(full);
  }

  /** All parameters but those named, in one text: two requests with the same text ask for the same. */
  fingerprint(...without: readonly string[]): string {
    return [...this.form]
      .filter(([key]) => !without.includes(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`)
      .join('&');
  }
}

/** Everything that is not listed is 400. The 5xx ones matter: clients repeat them by themselves. */
const statuses: Readonly<Record<string, number>> = {
  DryRunOperation: 412,
  UnauthorizedOperation: 403,
  AuthFailure: 401,
  OptInRequired: 401,
  PendingVerification: 400,
  InsufficientInstanceCapacity: 500,
  InsufficientAddressCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  RequestLimitExceeded: 503,
  Unavailable: 503,
  ServiceUnavailable: 503,
};

export class Ec2Error extends Error {
  readonly status: number;

  constructor(
    readonly code: string,
    message: string,
    status?: number,
  ) {
    super(message);
    this.status = status ?? statuses[code] ?? 400;
  }
}

/** The endpoint itself fails: 500 with a page for people, which is no XML. */
export class Crash extends Error {
  readonly status = 500;
  readonly page = '<!doctype html><title>500 Internal Server Error</title><h1>Internal Server Error</h1>';
}

export type Xml =
  string | number | boolean | Date | undefined | null | readonly Xml[] | { readonly [tag: string]: Xml };

/** A list becomes `<item>`s; what is undefined is left out. */
function toXml(value: Xml): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  if (isList(value)) return value.map((item) => `<item>${toXml(item)}</item>`).join('');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([tag, content]) => (content === undefined || content === null ? '' : `<${tag}>${toXml(content)}</${tag}>`))
      .join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}

const isList = (value: Xml): value is readonly Xml[] => Array.isArray(value);

const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

export function answerXml(action: string, requestId: string, content: Xml): string {
  const body = toXml({ requestId }) + toXml(content);
  return `${declaration}<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${body}</${action}Response>`;
}

export function errorXml({ code, message }: Ec2Error, requestId: string): string {
  const errors = toXml({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId });
  return `${declaration}<Response>${errors}</Response>`;
}
