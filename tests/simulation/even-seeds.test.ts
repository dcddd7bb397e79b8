// Half of the simulated histories, so that two cores share them. See many.ts for how to replay one.
import { testHistories } from './many.ts';

testHistories(0);
