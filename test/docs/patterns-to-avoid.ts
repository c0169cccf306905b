/** Phrases as "Patterns to avoid" of docs/style.md lists them, and the expression that finds each of them. */
export const patternsToAvoid: Readonly<Record<string, RegExp>> = {
  'is no': /(?<!\bthere )\bis no\b(?! longer)/i,
  'by which': /\bby which\b/i,
  'of whose': /\b(of|in|by|with) whose\b/i,
  whoever: /\b(who|what|which)ever\b/i,
  nobody: /\b(nobody|somebody)\b/i,
  anew: /\banew\b/i,
  'take that back': /\b(take|takes|took) (it|that|them) back\b/i,
  'for the sake of': /\bfor the sake of\b/i,
  'some ten hosts': /\bsome (\d+|ten|twenty|thirty|fifty)\b/i,
  'goes on': /\b(go|goes|going|went) on\b/i,
  tells: /\b(tells|told)\b/i,
  'what else': /\bwhat (else|of|is there|was made)\b/i,
  'so many': /\bso many\b/i,
  'no more': /\bonce more\b|\bno more(?=[.,;:)]|$)/i,
};
