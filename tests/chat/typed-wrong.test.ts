// What is typed wrong gets an answer that says what to do, and changes nothing.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

it.each([
  ['!allow', 'Which commands?'],
  ['!allow for 2h', 'which commands?'],
  ['!allow npm test for 2x', 'write a time such as 30m'],
  ['!allow npm publish by 2', 'that is for `!ask`'],
  ['!ask npm test uses 2', 'only what is allowed is used up'],
  ['!allow sudo *', 'would run any other program'],
  ['!allow echo "x', 'a quote is not closed'],
  ['!forget', 'Which one?'],
  ['!forget 99', 'there is no rule 99'],
  ['!forget g9', 'there is no grant g9'],
  ['!undo', 'there is no change that could be undone'],
  ['!undo 3', '!undo takes nothing else'],
  ['!confirm', 'Which code?'],
  ['!confirm 00000', 'Nothing waits for 00000'],
  ['!approve for 1h', 'Which one?'],
  ['!why', 'Which line?'],
  ['!policies', 'There are no rules'],
])('%s is answered with what to do', async (typed, answer) => {
  expect(await plane.chat.ask(typed)).toContain(answer);
});
