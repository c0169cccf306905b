/** `--timeout` of the commands that ask hosts; each has its own default. */
export const timeoutFlag = {
  type: 'integer',
  char: 't',
  description: 'seconds that a host may take to answer',
  value: 'SECONDS',
  min: 1,
  max: 3600,
} as const;
