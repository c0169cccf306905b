import { connect } from 'node:net';
import { certificateEndMs } from './certificate-end.js';

/** Where a manager talks to other nodes. */
const swarmPort = 2377;
const answerMs = 3_000;

/**
 * The end of the certificate that this manager shows to other nodes; undefined if it shows none. The engine's API does
 * not contain it, and only root can read the file, but TLS 1.2 sends it unencrypted right after the first message: so
 * that message is sent, the answer is read as far as the certificate, and the connection is dropped. Nothing is trusted
 * this way, and `node:tls` is not loaded (RFC 5246, 7.4).
 */
export function nodeCertificateEndMs(port = swarmPort): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const finish = (endMs?: number): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(endMs);
    };
    const timer = setTimeout(finish, answerMs);
    socket.once('connect', () => socket.write(clientHello()));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const certificate = firstCertificate(handshakeBytes(received));
      if (certificate !== undefined) finish(certificateEndMs(certificate));
      else if (received.length > 65_536) finish();
    });
    socket.once('error', () => {
      finish();
    });
    socket.once('close', () => {
      finish();
    });
  });
}

const handshakeRecord = 22;
const clientHelloType = 1;
const certificateType = 11;

/** An offer of TLS 1.2 with what Go's servers accept. */
function clientHello(): Buffer {
  const suites = [0xc02b, 0xc02f, 0xc02c, 0xc030];
  const groups = [0x001d, 0x0017, 0x0018];
  const signatures = [0x0403, 0x0503, 0x0804, 0x0805, 0x0401, 0x0501];
  const extensions = Buffer.concat([
    extension(0x000a, vector(2, words(groups))),
    extension(0x000b, vector(1, Buffer.from([0]))),
    extension(0x000d, vector(2, words(signatures))),
  ]);
  const hello = Buffer.concat([
    words([0x0303]),
    // The random part protects keys that are never made.
    Buffer.alloc(32),
    vector(1, Buffer.alloc(0)),
    vector(2, words(suites)),
    vector(1, Buffer.from([0])),
    vector(2, extensions),
  ]);
  const handshake = Buffer.concat([Buffer.from([clientHelloType]), vector(3, hello)]);
  return Buffer.concat([Buffer.from([handshakeRecord]), words([0x0301]), vector(2, handshake)]);
}

const extension = (type: number, content: Buffer): Buffer => Buffer.concat([words([type]), vector(2, content)]);

const words = (values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const word = Buffer.alloc(2);
      word.writeUInt16BE(value);
      return word;
    }),
  );

/** Bytes with their length before them. */
function vector(lengthBytes: number, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

/** What the handshake records carry, as far as they have come. */
function handshakeBytes(received: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 5 <= received.length && received.readUInt8(at) === handshakeRecord) {
    const end = at + 5 + received.readUInt16BE(at + 3);
    parts.push(received.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** The first certificate of the certificate message, once it is complete. */
function firstCertificate(handshake: Buffer): Buffer | undefined {
  let at = 0;
  while (at + 4 <= handshake.length) {
    const end = at + 4 + handshake.readUIntBE(at + 1, 3);
    if (end > handshake.length) return undefined;
    if (handshake.readUInt8(at) === certificateType && end - at > 10) {
      const length = handshake.readUIntBE(at + 7, 3);
      return at + 10 + length > end ? undefined : handshake.subarray(at + 10, at + 10 + length);
    }
    at = end;
  }
  return undefined;
}
