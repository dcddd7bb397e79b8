// What tests may know of complete-lock.mjs.
interface Lock {
  readonly packages: Readonly<Record<string, object>>;
}

export function completeLock<L extends Lock>(lock: L): L;
export function placesOf(parent: string, name: string): string[];
