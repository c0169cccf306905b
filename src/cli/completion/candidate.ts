/** A word that completion proposes. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}
