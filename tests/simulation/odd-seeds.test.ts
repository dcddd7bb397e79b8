// The other half of the simulated histories. See many.ts for how to replay one.
import { testHistories } from './many.ts';

testHistories(1);
