import { isIP, connect } from 'node:net';
import { withDeadline } from '../../lib/abort.js';
import { messageOf, SwarmupError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';

/** Amazon's own, which answers with one line. */
const checkUrl = 'https://checkip.amazonaws.com/';
const timeoutMs = 10_000;

/**
 * The network that may reach new hosts if the user names none: the public address of this computer as Amazon sees it.
 * With an endpoint that is not a public one of AWS, and so is near the hosts: the address that this computer uses to
 * reach the endpoint. Errors: AWS_CALLER_UNKNOWN (exit 3).
 */
export async function callerNetwork(given: string | undefined, signal: AbortSignal): Promise<string> {
  const endpoint = given === undefined || isPublicEndpoint(given) ? undefined : given;
  const what = endpoint ?? checkUrl;
  try {
    const address = await withDeadline({ timeoutMs, signal, what }, (deadline) =>
      endpoint === undefined ? seenByAmazon(deadline) : localAddress(new URL(endpoint), deadline),
    );
    const version = isIP(address);
    if (version === 0) throw new Error(`the server answered '${address.slice(0, 50)}'`);
    return `${address}/${version === 4 ? '32' : '128'}`;
  } catch (error) {
    signal.throwIfAborted();
    throw new SwarmupError(
      'AWS_CALLER_UNKNOWN',
      `${what} did not report the public address of this computer, which the firewall of the hosts needs: ${messageOf(error)}`,
      { exitCode: exitCodes.preflight, hints: ['name the address: --aws-allow-cidr 203.0.113.5/32'], cause: error },
    );
  }
}

/** Whether it is AWS's own, seen from anywhere; `vpce-….vpce.amazonaws.com` is an endpoint inside a VPC. */
export function isPublicEndpoint(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(hostname) && !hostname.includes('.vpce.');
}

async function seenByAmazon(signal: AbortSignal): Promise<string> {
  const answer = await fetch(checkUrl, { signal });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return (await answer.text()).trim();
}

function localAddress({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<string> {
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), signal });
    socket.once('error', reject).once('connect', () => {
      resolve((socket.localAddress ?? '').replace(/^::ffff:/, ''));
      socket.destroy();
    });
  });
}
