/**
 * When an X.509 certificate (DER) ends, in milliseconds since 1970; undefined when it cannot be read. Reads as much of
 * ASN.1 as that takes: `node:crypto` would cost the agent a megabyte of memory for it (RFC 5280, 4.1).
 */
export function certificateEndMs(der: Buffer): number | undefined {
  const certificate = elementsOf(der)[0];
  const toBeSigned = certificate === undefined ? undefined : elementsOf(certificate.content)[0];
  if (toBeSigned === undefined) return undefined;
  // The only sequence there that holds nothing but two times.
  for (const { tag, content } of elementsOf(toBeSigned.content)) {
    const [begin, end, ...more] = tag === sequenceTag ? elementsOf(content) : [];
    if (begin === undefined || end === undefined || more.length > 0 || !isTime(begin) || !isTime(end)) continue;
    return timeMs(end);
  }
  return undefined;
}

/** The certificates of a PEM text. */
export function pemCertificates(text: string): readonly Buffer[] {
  const blocks = text.match(/(?<=-----BEGIN CERTIFICATE-----)[^-]+(?=-----END CERTIFICATE-----)/g) ?? [];
  return blocks.map((block) => Buffer.from(block, 'base64'));
}

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

const sequenceTag = 0x30;
const utcTimeTag = 0x17;
const generalizedTimeTag = 0x18;
const isTime = ({ tag }: Element): boolean => tag === utcTimeTag || tag === generalizedTimeTag;

/** The consecutive elements in `bytes`; ends early at invalid data. */
function elementsOf(bytes: Buffer): readonly Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const tag = bytes.readUInt8(at);
    const first = bytes.readUInt8(at + 1);
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (lengthBytes > 4 || at + 2 + lengthBytes > bytes.length) break;
    const length = lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes);
    const start = at + 2 + lengthBytes;
    if (start + length > bytes.length) break;
    found.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return found;
}

/** `261121115400Z`, or with four digits for the year. Two digits mean 1950 to 2049. */
function timeMs({ tag, content }: Element): number | undefined {
  const text = content.toString('latin1');
  const digits = tag === utcTimeTag ? `${text < '5' ? '20' : '19'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (parts === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
