// The key that signs simulated records. Fixed, so that a seed gives the same bytes everywhere.
import type { KeyRing, SigningKey } from '../../src/audit/chain.ts';

export const recordKey: SigningKey = { id: 'k-simulated', secret: new Uint8Array(32).fill(7) };

export const recordKeys: KeyRing = {
  current: recordKey,
  find: (id) => (id === recordKey.id ? recordKey : undefined),
};
