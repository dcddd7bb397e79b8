// What is kept of an output, as laws over any sequence of pieces and by example.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutputChunk } from '../../src/bus/approval.ts';
import { createOutputKeeper } from '../../src/workers/output-keeper.ts';

type Piece = readonly ['stdout' | 'stderr', string | Uint8Array];

function keep(limitBytes: number, pieces: readonly Piece[]) {
  const keeper = createOutputKeeper(limitBytes);
  const live: OutputChunk[] = [];
  for (const [stream, data] of pieces) {
    // The caller's buffer is used again, as a socket's is.
    const bytes = Buffer.from(data);
    live.push(...keeper.add(stream, bytes));
    bytes.fill(0);
  }
  const { kept, rest, omittedBytes } = keeper.finish();
  return { kept, shown: [...live, ...rest], live, omittedBytes };
}

const readable = (chunks: readonly OutputChunk[]) =>
  chunks.map(({ stream, base64 }) => [stream, Buffer.from(base64, 'base64').toString('utf8')]);

/** One line a byte: the streams in order, however they are cut into chunks. */
const flat = (chunks: readonly OutputChunk[]) =>
  chunks.flatMap(({ stream, base64 }) =>
    [...Buffer.from(base64, 'base64')].map((byte) => `${stream} ${byte}`),
  );

describe('what is kept of an output', () => {
  it('everything, in order of arrival, where it fits', () => {
    const { kept, omittedBytes } = keep(100, [
      ['stdout', 'one '],
      ['stdout', 'two '],
      ['stderr', 'oops '],
      ['stdout', 'three'],
    ]);
    expect({ kept: readable(kept), omittedBytes }).toEqual({
      kept: [
        ['stdout', 'one two '],
        ['stderr', 'oops '],
        ['stdout', 'three'],
      ],
      omittedBytes: 0,
    });
  });

  it('head and tail, with the bytes between them named', () => {
    const { kept, omittedBytes } = keep(8, [
      ['stdout', 'abcdef'],
      ['stderr', 'g'.repeat(3_145_724)],
      ['stdout', 'wxyz'],
    ]);
    expect({ kept: readable(kept), omittedBytes }).toEqual({
      kept: [
        ['stdout', 'abcd'],
        ['notice', '\n… 3,145,726 bytes cut out …\n'],
        ['stdout', 'wxyz'],
      ],
      omittedBytes: 3_145_726,
    });
  });

  it('what is certain to be kept is shown at once, the rest at the end', () => {
    const { live, shown, kept } = keep(8, [
      ['stdout', 'abcdef'],
      ['stdout', 'ghijkl'],
    ]);
    expect(readable(live)).toEqual([['stdout', 'abcd']]);
    expect(flat(shown)).toEqual(flat(kept));
  });

  it('no character is cut in two', () => {
    const { kept, omittedBytes } = keep(10, [['stdout', 'ab€€€€€cd']]);
    expect({ kept: readable(kept), omittedBytes }).toEqual({
      kept: [
        ['stdout', 'ab€'],
        ['notice', '\n… 9 bytes cut out …\n'],
        ['stdout', '€cd'],
      ],
      omittedBytes: 9,
    });
  });

  it('bytes that are no text are cut where the limit is', () => {
    const { kept } = keep(4, [['stdout', Uint8Array.from([0x80, 0x81, 0x82, 0x83, 0x84, 0x85])]]);
    expect(kept.map(({ base64 }) => Buffer.from(base64, 'base64').length)[0]).toBe(2);
  });

  it('nothing at all where the limit is 0', () => {
    const { kept, omittedBytes } = keep(0, [['stdout', 'abc']]);
    expect({ kept: readable(kept), omittedBytes }).toEqual({
      kept: [['notice', '\n… 3 bytes cut out …\n']],
      omittedBytes: 3,
    });
  });

  it('streams that alternate byte by byte cost memory in proportion to what is kept', () => {
    const keeper = createOutputKeeper(64 * 1024 ** 2);
    for (let index = 0; index < 200_000; index += 1) {
      keeper.add(index % 2 === 0 ? 'stdout' : 'stderr', Uint8Array.of(index % 100));
    }
    const { kept, omittedBytes } = keeper.finish();
    expect(kept.length).toBeLessThanOrEqual(2 * 16_384 + 1);
    expect(omittedBytes).toBe(200_000 - (kept.length - 1));
  });

  it('for any output: within the limit, a head and a tail of it, no byte unaccounted for', () => {
    const piece = fc.tuple(
      fc.constantFrom('stdout' as const, 'stderr' as const),
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.uint8Array({ maxLength: 40 })),
    );
    fc.assert(
      fc.property(fc.nat({ max: 120 }), fc.array(piece, { maxLength: 30 }), (limit, pieces) => {
        const { kept, shown, omittedBytes } = keep(limit, pieces);
        const all = pieces.flatMap(([stream, data]) =>
          [...Buffer.from(data)].map((byte) => `${stream} ${byte}`),
        );
        const at = kept.findIndex(({ stream }) => stream === 'notice');
        const head = flat(at < 0 ? kept : kept.slice(0, at));
        const tail = at < 0 ? [] : flat(kept.slice(at + 1));
        expect(head).toEqual(all.slice(0, head.length));
        expect(tail).toEqual(all.slice(all.length - tail.length));
        expect(head.length + tail.length + omittedBytes).toBe(all.length);
        expect(head.length + tail.length).toBeLessThanOrEqual(limit);
        expect(omittedBytes > 0).toBe(at >= 0);
        if (all.length <= limit) expect(omittedBytes).toBe(0);
        expect(flat(shown)).toEqual(flat(kept));
      }),
      { numRuns: 500 },
    );
  });
});
