/**
 * What a terminal obeys or hides: C0 and C1 controls with DEL, marks that turn the direction of text, and the line and
 * paragraph separators. A host, a file name or an import may bring them (OSC 52, cursor moves, forged rows).
 */
const controls = String.raw`\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const anyControl = new RegExp(`[${controls}]`, 'gu');
/** Colours (SGR) are harmless; the code 8 conceals what follows. */
const colourOrControl = new RegExp(String.raw`\u001b\[(?![\d;]*(?<!\d)0*8(?!\d))[\d;]{0,30}m|[${controls}]`, 'gu');

const code = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/**
 * A value on one line, such as a cell, a name or a line of a log. Every control character is visible, as JSON writes it:
 * `\u001b`.
 */
export const printableLine = (text: string): string => text.replace(anyControl, code);

/** A text of several lines that may hold quoted values: line feeds and tabs stay. */
export const printable = (text: string): string =>
  text.replace(anyControl, (found) => (found === '\n' || found === '\t' ? found : code(found)));

/** All that goes to a terminal in the end: the same, but colours stay, which are mostly swarmup's own. */
export const printableOutput = (text: string): string =>
  text.replace(colourOrControl, (found) =>
    found.length > 1 || found === '\n' || found === '\t' ? found : code(found),
  );
