import { cutAtForeignLetter } from './locale.js';

/** What one call writes. Kept until its end unless flushed: a call that fails in the middle has written the first part. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const shown = cutAtForeignLetter();

/** Straight to the process; pipes and files are written synchronously on the systems that this runs on. */
export const processOutput: Output = {
  out: (text) => {
    process.stdout.write(shown(text));
  },
  err: (text) => {
    process.stderr.write(text);
  },
};
