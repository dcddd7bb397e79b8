// The way out: delivered until it is, one chat's failure its own, cards edited rather than
// repeated.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlatformError } from '../../src/bus/adapter.ts';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';

let plane: ControlPlane;

beforeEach(async () => {
  plane = await startControlPlane();
});
afterEach(() => plane.stop());

describe('a message out', () => {
  it('waits while its chat is unreachable, and comes when it is back', async () => {
    plane.chat.failure = new PlatformError('unreachable', 'the line is dead', { retryAfterMs: 50 });
    await plane.chat.say('!run make later', { sender: 'console:eve' });
    const ref = await plane.chat.say('!pending');
    plane.chat.failure = null;
    const list = await plane.chat.until(({ replyTo }) => replyTo === ref);
    expect(list.text).toContain('make later');
    const cards = plane.chat.shown.filter(({ text }) => text.includes('Answer: !approve'));
    expect(cards).toHaveLength(1);
  });

  it('survives a restart', async () => {
    plane.chat.failure = new PlatformError('unreachable', 'the line is dead');
    await plane.chat.say('!run make after', { sender: 'console:eve' });
    plane = await plane.restart();
    const card = await plane.chat.until(({ text }) => text.includes('make after'));
    expect(card.edited).toBe(false);
  });

  it('that is refused for good is dropped, and the next one goes on', async () => {
    plane.chat.failure = new PlatformError('refused', 'you are blocked');
    await plane.chat.say('!whoami');
    await expect.poll(() => plane.logged.join('\n')).toContain('refused a message');
    plane.chat.failure = null;
    expect(await plane.chat.ask('!whoami')).toContain('console:local');
  });

  it('one card is sent for an approval, and edited from then on', async () => {
    await plane.chat.say('!run make once', { sender: 'console:eve' });
    const card = await plane.chat.until(({ text }) => text.includes('make once'));
    const id = card.text.slice(0, 5);
    await plane.chat.ask(`!reject ${id} no`);
    const edit = await plane.chat.until(({ edited }) => edited);
    expect(edit.ref).toBe(card.ref);
    expect(edit.text).toContain(`${id} rejected by console:local`);
    const sent = plane.chat.shown.filter(
      ({ edited, text }) => !edited && text.includes('asked by: console:eve'),
    );
    expect(sent).toHaveLength(1);
  });
});
