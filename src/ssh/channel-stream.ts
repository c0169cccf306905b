import { Duplex } from 'node:stream';

/** What is used of an ssh2 channel. */
interface SshChannel extends Duplex {
  close(): void;
}

/**
 * An SSH channel as a Duplex that keeps Node's promises. ssh2's own does not: its `destroy` destroys nothing, and
 * writes to a channel that the host closed never finish. Destroying the stream closes the channel. When the host
 * closes the channel the readable side ends and the stream closes.
 * Errors (event): what `failure` says when the channel closed because its connection was lost.
 */
export function channelStream(channel: SshChannel, failure: () => Error | undefined): Duplex {
  const stream = new Duplex({
    read() {
      channel.resume();
    },
    write(chunk: Buffer, _encoding, done) {
      channel.write(chunk, done);
    },
    final(done) {
      channel.end();
      done();
    },
    destroy(error, done) {
      channel.close();
      // Output that is no longer read must still flow, or the channel never closes.
      channel.resume();
      done(error);
    },
  });
  channel.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk) && !stream.destroyed) channel.pause();
  });
  channel.once('end', () => stream.push(null));
  channel.once('error', (error) => stream.destroy(error));
  channel.once('close', () => {
    const error = failure();
    if (error !== undefined) stream.destroy(error);
    else if (stream.readableEnded) stream.destroy();
    else stream.once('end', () => stream.destroy());
  });
  return stream;
}
