// Characters that hide, reorder or damage what is read: found with their surroundings, because a
// joiner in Persian and one in `curl` are not the same thing. Linear; words are judged elsewhere.
import { type CharacterKind, kindOf } from './character-kinds.ts';
import { codePointName } from './code-points.ts';
import type { Findings, Severity, Surface } from './finding.ts';
import { ANY_SCRIPT, scriptsOf } from './scripts.ts';
import {
  isEmojiSelector,
  isFlagTags,
  isScriptContext,
  isScriptSelector,
  joinsEmoji,
  joinsScript,
  type Place,
} from './surroundings.ts';

/** What a check may ask about the text as a whole. */
export interface CharacterContext {
  readonly surface: Surface;
  readonly findings: Findings;
  /** True where the shell does not split words: within quotes. */
  readonly isQuoted: (at: number) => boolean;
}

/** Marks in a row that no script needs; those of no script (accents) count twice. */
const MOST_MARKS = 10;
// Marks that strike through or enclose what they stand on.
const OVERLAY = /[\u0334-\u0338\u20D2\u20D3\u20D8-\u20DA\u20DD-\u20E0\u20E2-\u20EB]/u;
const MAY_BE_CROSSED = /[\p{Sm}\p{So}\p{N}]/u;
const MATTERS_TO_SHELL = /[!-/:-@[-`{-~]/;

type Check = (place: Place, context: CharacterContext) => void;

const CHECKS: Partial<Record<CharacterKind, Check>> = {
  'bidi-embedding': embedding,
  'bidi-isolate': isolate,
  'bidi-mark': bidiMark,
  ignorable,
  joiner,
  selector,
  filler: blank,
  blank,
  space,
  mark: overlay,
  'line-separator': (place, { surface, findings }) => {
    const severity = surface === 'chat' || surface === 'output' ? 'warn' : 'block';
    tell(findings, 'control', severity, place, 'shows a new line where the shell reads none');
  },
  surrogate: (place, { findings }) =>
    tell(findings, 'malformed', 'block', place, 'is half a character: it cannot be shown or run'),
  annotation: (place, { findings }) =>
    tell(findings, 'zero-width', 'block', place, 'hides text as an annotation'),
  tag: (place, { findings }) => {
    if (!isFlagTags(place.text, place.at)) {
      tell(findings, 'tag', 'block', place, 'is an invisible letter (tag)');
    }
  },
  damaged: (place, { surface, findings }) => {
    const severity = surface === 'output' ? 'note' : 'warn';
    tell(findings, 'malformed', severity, place, 'stands for what was lost on the way here');
  },
  private: (place, { surface, findings }) => {
    const severity = surface === 'output' || surface === 'chat' ? 'note' : 'warn';
    tell(findings, 'malformed', severity, place, 'is private: it looks different everywhere');
  },
  unassigned: (place, { surface, findings }) => {
    const severity = surface === 'output' || surface === 'chat' ? 'note' : 'warn';
    tell(findings, 'malformed', severity, place, 'is not assigned: nobody can tell how it looks');
  },
};

/** Finds characters outside of ASCII that hide or reorder. Controls are `inspectControls`'s. */
export function inspectCharacters(text: string, context: CharacterContext): void {
  let before = -1;
  let marks = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    if (code > 0x7e) {
      const kind = kindOf(code);
      marks = kind === 'mark' ? marks + (scriptsOf(code) === ANY_SCRIPT ? 2 : 1) : 0;
      const check = CHECKS[kind];
      if (check !== undefined) {
        const after = at + size < text.length ? (text.codePointAt(at + size) ?? -1) : -1;
        check({ text, at, code, before, after }, context);
      }
      if (marks >= MOST_MARKS) {
        marks = 0;
        context.findings.add(
          'combining',
          'warn',
          at,
          size,
          'more marks on one letter than any script writes',
          codePointName(code),
        );
      }
    } else marks = 0;
    before = code;
    at += size;
  }
}

function tell(
  findings: Findings,
  kind: Parameters<Findings['add']>[0],
  severity: Severity,
  { at, code }: Place,
  reason: string,
): void {
  const name = codePointName(code);
  findings.add(kind, severity, at, code > 0xffff ? 2 : 1, `${name} ${reason}`, name);
}

// Overrides turn text around wherever they are; the others are written by chat programs around
// names and numbers, closed.
function embedding(place: Place, { surface, findings }: CharacterContext): void {
  const isOverride = place.code === 0x202d || place.code === 0x202e;
  if (surface === 'output') tell(findings, 'bidi', 'warn', place, REORDERS);
  else if (surface !== 'chat' || isOverride) tell(findings, 'bidi', 'block', place, REORDERS);
}

function isolate(place: Place, { surface, findings }: CharacterContext): void {
  if (surface === 'output') tell(findings, 'bidi', 'warn', place, REORDERS);
  else if (surface !== 'chat') tell(findings, 'bidi', 'block', place, REORDERS);
}

const REORDERS = 'changes the order in which the text is shown';
const RIGHT_TO_LEFT =
  /[\p{scx=Hebrew}\p{scx=Arabic}\p{scx=Syriac}\p{scx=Thaana}\p{scx=Nko}\p{scx=Samaritan}\p{scx=Mandaic}\p{scx=Adlam}]/u;
const COMMON_TO_ALL = /[\p{scx=Zyyy}\p{scx=Zinh}]/u;

function bidiMark(place: Place, { surface, findings }: CharacterContext): void {
  if (surface === 'chat' || surface === 'output') return;
  const isNear =
    isNearRightToLeft(place.text, place.at, -1) || isNearRightToLeft(place.text, place.at, 1);
  if (!isNear)
    tell(findings, 'bidi', 'warn', place, 'orders text, and no right-to-left letter is next to it');
}

/** Digits, signs and blanks that a mark may stand among. */
const MOST_NEUTRAL = 12;

function isNearRightToLeft(text: string, from: number, step: -1 | 1): boolean {
  for (let passed = 1; passed <= MOST_NEUTRAL; passed += 1) {
    const char = text.charAt(from + passed * step);
    if (char === '' || /\p{Script=Latin}/u.test(char)) return false;
    if (char > '\x7f' && RIGHT_TO_LEFT.test(char) && !COMMON_TO_ALL.test(char)) return true;
  }
  return false;
}

function ignorable(place: Place, { surface, findings }: CharacterContext): void {
  if (isScriptContext(place)) return;
  const isEdge = place.before === -1 || place.after === -1;
  if (surface === 'chat' && (isEdge || !betweenWords(place))) return;
  if (surface === 'output') {
    if (!isEdge) tell(findings, 'zero-width', 'note', place, 'is invisible');
    return;
  }
  tell(findings, 'zero-width', 'block', place, 'is invisible');
}

function joiner(place: Place, { surface, findings }: CharacterContext): void {
  if (joinsEmoji(place) || joinsScript(place)) return;
  if (surface === 'chat' && !betweenWords(place)) return;
  const severity = surface === 'output' ? 'note' : 'block';
  tell(findings, 'zero-width', severity, place, 'is invisible, and nothing here needs it');
}

function betweenWords({ before, after }: Place): boolean {
  return isWord(before) && isWord(after);
}

function isWord(code: number): boolean {
  if (code < 0x80) return code > 0x20;
  return kindOf(code) === 'letter';
}

function selector(place: Place, { surface, findings }: CharacterContext): void {
  if (kindOf(place.before) === 'selector') {
    tell(
      findings,
      'variation-selector',
      'block',
      place,
      'follows another: such rows carry hidden data',
    );
    return;
  }
  if (isEmojiSelector(place) || isScriptSelector(place)) return;
  const severity = surface === 'output' ? 'note' : 'warn';
  tell(
    findings,
    'variation-selector',
    severity,
    place,
    'changes nothing that it stands on: it is invisible',
  );
}

function blank(place: Place, { surface, findings }: CharacterContext): void {
  if (isScriptContext(place)) return;
  const severity = surface === 'output' ? 'note' : 'warn';
  tell(findings, 'blank', severity, place, 'is drawn as a blank and is none to the shell');
}

function space(place: Place, { surface, findings, isQuoted }: CharacterContext): void {
  if (surface === 'chat' || surface === 'output') return;
  if (surface === 'command' && isQuoted(place.at)) return;
  // The wide space between words of its own scripts.
  if (place.code === 0x3000 && (place.before > 0x2e7f || place.after > 0x2e7f)) return;
  tell(findings, 'blank', 'warn', place, 'looks like a space and does not separate words');
}

function isKeycap({ code, before }: Place): boolean {
  return (
    code === 0x20e3 &&
    (before === 0xfe0f || /[0-9#*]/.test(String.fromCodePoint(Math.max(before, 0))))
  );
}

function overlay(place: Place, { surface, findings }: CharacterContext): void {
  const { before, code } = place;
  const char = String.fromCodePoint(code);
  if (surface === 'output' || isKeycap(place)) return;
  if (OVERLAY.test(char)) {
    const isMade = before > 0 && MAY_BE_CROSSED.test(String.fromCodePoint(before));
    if (!isMade) tell(findings, 'combining', 'warn', place, 'crosses out what it stands on');
  } else if (before < 0x80 && before >= 0 && code < 0x370) {
    const on = String.fromCharCode(before);
    if (MATTERS_TO_SHELL.test(on))
      tell(findings, 'combining', 'warn', place, 'disguises a sign of the shell');
  }
}
