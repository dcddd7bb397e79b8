// One label of a host name outside of ASCII (IDNA, UTS #39): in its own script it is clean, as a
// look-alike it is not. Punycode is decoded to be judged, never to be used.
import { domainToUnicode } from 'node:url';
import { kindOf } from './character-kinds.ts';
import { asciiTwin } from './confusables.ts';
import type { Findings, Severity } from './finding.ts';
import { labelTwin } from './protected-hosts.ts';
import { ALIKE, ANY_SCRIPT, scriptBit, scriptsOf } from './scripts.ts';

/** Octets of the longest label (RFC 1035). */
const LONGEST_LABEL = 63;
const LATIN = scriptBit('Latin');
const EAST_ASIAN = scriptBit('EastAsian');

/** Judges one label; `end` is the last one of the host. */
export function inspectLabel(
  label: string,
  end: string,
  at: number,
  findings: Findings,
  worst: Severity,
): void {
  const isEncoded = /^xn--/i.test(label);
  if (!isEncoded) {
    if (!isAscii(label)) judge(label, label, end, at, findings, worst);
    return;
  }
  const decoded = label.length > LONGEST_LABEL ? '' : domainToUnicode(label);
  if (decoded === '' || /^xn--/i.test(decoded) || isAscii(decoded)) {
    const severity = worst === 'block' ? 'warn' : worst;
    findings.add('punycode', severity, at, label.length, 'punycode that cannot be decoded');
    return;
  }
  judge(decoded, label, end, at, findings, worst);
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

function judge(
  label: string,
  written: string,
  end: string,
  at: number,
  findings: Findings,
  worst: Severity,
): void {
  const kind = label === written ? 'host' : 'punycode';
  const shown = label === written ? '' : `${label}: `;
  const tell = (reason: string) =>
    findings.add(kind, worst, at, written.length, `${shown}${reason}`);
  const twin = labelTwin(label);
  if (twin !== null) {
    tell(`looks like ${twin} and is another host`);
    return;
  }
  let common = ANY_SCRIPT;
  let scripts = 0;
  let passing = 0;
  let letters = 0;
  for (const char of label) {
    const code = char.codePointAt(0) ?? 0;
    if (label !== written && kindOf(code) !== 'letter' && kindOf(code) !== 'mark' && code > 0x7f) {
      tell('holds signs that no host name needs');
      return;
    }
    const own = scriptsOf(code);
    if (own === ANY_SCRIPT && code < 0x80) continue;
    letters += 1;
    if (code > 0x7f && asciiTwin(code) !== null) passing += 1;
    common &= own;
    scripts |= own === ANY_SCRIPT ? 0 : own;
  }
  if (common === 0 && (scripts & ~(LATIN | EAST_ASIAN)) !== 0) {
    tell('mixes scripts within one label');
  } else if (
    (common & (LATIN | ALIKE)) !== 0 &&
    letters > 0 &&
    passing === letters &&
    isAsciiEnd(end)
  ) {
    tell('is written in letters that all pass for Latin ones');
  } else if (label !== label.normalize('NFKC').toLowerCase() && hasCompatibility(label)) {
    tell('holds letters that resolvers turn into others');
  }
}

function hasCompatibility(label: string): boolean {
  return [...label].some((char) => {
    const compatible = char.normalize('NFKC');
    return char > '\x7f' && compatible !== char.normalize('NFC') && isAscii(compatible);
  });
}

function isAsciiEnd(end: string): boolean {
  return isAscii(end) && !/^xn--/i.test(end);
}
