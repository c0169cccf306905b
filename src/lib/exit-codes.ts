/** The exit codes of swarmup: a public contract, the same with and without `--json` (README, "Exit codes"). */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  preflight: 3,
  partial: 4,
  locked: 5,
  unhealthy: 6,
  /** `plan --detailed-exitcode`: something would be changed. */
  changes: 7,
  timeout: 124,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
