import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * One GET over a byte stream that is used for nothing else; resolves with the answer's head. The stream closes with the
 * answer. An abort destroys it, later too.
 */
export function httpGet(stream: Duplex, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      path,
      host: 'localhost',
      signal,
      createConnection: () => stream,
      headers: { connection: 'close' },
    });
    request.once('response', (response) => {
      response.setEncoding('utf8');
      resolve(response);
    });
    request.once('error', reject);
    request.end();
  });
}
