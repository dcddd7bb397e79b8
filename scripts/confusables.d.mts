// What tests use of confusables.mjs.
export interface Confusables {
  readonly version: string;
  readonly date: string;
  readonly mappings: Map<number, number[]>;
}
export function readConfusables(text: string): Confusables;
export function encodeConfusables(mappings: Map<number, number[]>): string[];
