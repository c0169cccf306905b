import { codeOf, messageOf } from '../../lib/errors.js';

/** A call to EC2 that failed: with EC2's own code, or with one of the network or the SDK and no status. */
export class Ec2Failure extends Error {
  readonly code: string;
  readonly status: number | undefined;

  constructor(
    readonly action: string,
    cause: unknown,
  ) {
    const { name = 'Error', $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode;
    // Not an answer of EC2 but, for example, of a proxy: only its status is meaningful, whether the SDK can read it or
    // not.
    const isForeign = status !== undefined && ['Error', 'Unknown', 'UnknownError'].includes(name);
    super(isForeign ? 'the answer does not come from EC2' : messageOf(cause), { cause });
    this.name = 'Ec2Failure';
    this.status = status;
    this.code = isForeign ? `HTTP ${status}` : (codeOf(cause) ?? name);
  }
}

export type FailureClass =
  | 'credentials'
  | 'permission'
  | 'throttle'
  | 'capacity'
  | 'quota'
  | 'protected'
  | 'busy'
  | 'gone'
  | 'exists'
  | 'config'
  | 'server'
  | 'unreachable';

/** Codes by what is to be done about them; the first that matches. Source: EC2's list of error codes. */
const classes: readonly (readonly [FailureClass, RegExp])[] = [
  [
    'credentials',
    /^(CredentialsProviderError|TokenProviderError|AuthFailure|RequestExpired|ExpiredToken(Exception)?|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|Blocked)$/,
  ],
  ['permission', /^(UnauthorizedOperation|AccessDenied(Exception)?)$/],
  ['throttle', /^(RequestLimitExceeded|Throttling.*|RequestThrottled.*|SlowDown)$/],
  [
    'capacity',
    /^(InsufficientInstanceCapacity|InsufficientHostCapacity|InsufficientAddressCapacity|InsufficientCapacity|InsufficientFreeAddressesInSubnet|SpotMaxPriceTooLow)$/,
  ],
  ['quota', /LimitExceeded$|^(MaxSpotInstanceCountExceeded|PendingVerification|OptInRequired)$/],
  ['protected', /^OperationNotPermitted$/],
  [
    'busy',
    /^(DependencyViolation|InvalidIPAddress\.InUse|IncorrectInstanceState|IncorrectState|VolumeInUse|ResourceInUse|Resource\.AlreadyAssociated)$/,
  ],
  ['gone', /NotFound$/],
  ['exists', /Duplicate$/],
];

const networkCodes = /^(E[A-Z]+|TimeoutError|TIMEOUT|NetworkingError|UND_ERR.*)$/;

/** The class of a failure; a request that EC2 refuses because of its parameters is `config`. */
export function classOf(error: unknown): FailureClass | undefined {
  if (!(error instanceof Ec2Failure)) return undefined;
  // A type that one zone does not have may be had in another; no other place helps what EC2 never supports.
  if (error.code === 'Unsupported') return /availability zone/i.test(error.message) ? 'capacity' : 'config';
  const found = classes.find(([, codes]) => codes.test(error.code))?.[0];
  if (found !== undefined) return found;
  if (error.status !== undefined) return error.status >= 500 ? 'server' : 'config';
  return networkCodes.test(error.code) ? 'unreachable' : 'config';
}

/** The request may have succeeded: there was no answer, or the answer does not say. */
export const isAmbiguous = (error: unknown): boolean =>
  ['throttle', 'server', 'unreachable'].includes(classOf(error) ?? '');

export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Ec2Failure && codes.includes(error.code);
