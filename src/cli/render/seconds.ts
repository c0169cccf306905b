/** `4.2s`, `1m 05s`: short enough to stand at the end of a line. */
export function seconds(elapsedMs: number): string {
  if (elapsedMs < 60_000) return `${(elapsedMs / 1000).toFixed(1)}s`;
  const whole = Math.round(elapsedMs / 1000);
  return `${Math.floor(whole / 60)}m ${String(whole % 60).padStart(2, '0')}s`;
}
