/** `--timeout` of the commands that ask hosts; each has its own default. */
export const timeoutFlag = {
  type: 'integer',
  char: 't',
  description: 'longest time to wait for a host to answer, in seconds',
  value: 'SECONDS',
  min: 1,
  max: 3600,
} as const;
