import { quoteWord } from '../lib/quote.js';

const mask = '***';

/** Secrets that are known by their looks: Docker's join tokens and unlock keys, private keys (also one cut short). */
const secretPatterns: readonly RegExp[] = [
  /SWMTKN-1-[\w-]+/g,
  /SWMKEY-1-[\w+/=]+/g,
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
];

/**
 * `text` with every secret replaced by `***`: the given secrets, in each form in which they reach a shell or a log
 * (plain, shell-quoted, JSON, base64), and everything that looks like a Docker token or a private key.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const forms = secrets
    .filter((secret) => secret.trim() !== '')
    .flatMap((secret) => [
      secret,
      secret.trim(),
      quoteWord(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ]);
  // The longest first, or a secret that contains another one would leave its rest behind.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length);
  const masked = known.reduce((result, form) => result.replaceAll(form, mask), text);
  return secretPatterns.reduce((result, pattern) => result.replace(pattern, mask), masked);
}
