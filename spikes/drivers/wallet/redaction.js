/**
 * Removes what must not be seen from text that leaves the driver: error messages and log lines.
 *
 * Role: the last filter, not the first defence - nothing should put secrets into text to begin with,
 * but the SDK's error strings are not ours. Must not know: who asks.
 */

const LIMIT = 400;

/** @type {[RegExp, string][]} */
const PATTERNS = [
  [/\bln(?:bcrt|bc|tbs|tb|sb)[0-9]*[munp]?1[02-9ac-hj-np-z]{20,}/gi, '[invoice]'],
  [/\b(Bearer|L402|LSAT)\s+[A-Za-z0-9+/_=.,:~-]{8,}/gi, '$1 [credential]'],
  [/\b[0-9a-f]{64,}\b/gi, '[hex]'],
  [/[A-Za-z0-9+/_-]{88,}={0,2}/g, '[blob]'],
  // Twelve or more lower-case words of mnemonic length in a row: sentences survive, because they hold
  // punctuation and one- or two-letter words.
  [/\b(?:[a-z]{3,8} ){11,}[a-z]{3,8}\b/g, '[words]'],
];

/** @param {string} text @returns {string} at most 400 characters, secrets replaced by their kind */
export function redact(text) {
  let clean = text;
  for (const [pattern, label] of PATTERNS) clean = clean.replace(pattern, label);
  return clean.length > LIMIT ? `${clean.slice(0, LIMIT)}...` : clean;
}
