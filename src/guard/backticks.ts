// Backticks in the fences of chats: Discord's and WhatsApp's know no escapes, so a run of backticks
// that could end one is named. The mark cannot be forged, so nothing is lost.

const FENCE_RUN = /`{3,}/g;
const BACKTICK = '⟨U+0060⟩';

/** For a fence of three backticks: shorter runs are left as they are. */
export function withoutFences(text: string): string {
  return text.replaceAll(FENCE_RUN, (run) => `⟨U+0060 × ${run.length}⟩`);
}

/** For a span between single backticks. */
export function withoutBackticks(text: string): string {
  return text.replaceAll('`', BACKTICK);
}

/** For a fence whose three backticks stand directly beside the text, which must not be blank. */
export function withSolidEdges(text: string): string {
  return text.replace(/^[ `]|[ `]$/g, (edge) => (edge === '`' ? BACKTICK : '⟨1 space⟩'));
}
