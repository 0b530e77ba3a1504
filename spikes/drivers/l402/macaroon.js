/**
 * What a macaroon says of itself, where it can be read: the payment hash it is bound to, and how long it is good.
 *
 * Role: a seller whose macaroon and invoice carry different hashes sells nothing: the preimage would not fit. Tokens
 * are opaque to a client by the spec; this looks only at what it recognises (macaroon V2 binary, an L402 identifier
 * of version 0, caveats named `valid_until` or `..._valid_until`) and shrugs at the rest.
 * Must not know: signatures, who accepts a macaroon.
 */

import { toHex } from '../wallet/hashing.js';

const V2 = 2;
const FIELD_END = 0;
const FIELD_LOCATION = 1;
const FIELD_IDENTIFIER = 2;
/** Only a third party's caveat has one; its identifier is then a secret of theirs, and no condition. */
const FIELD_VERIFICATION_ID = 4;
/** uint16 version 0, 32 bytes payment hash, 32 bytes token id. */
const IDENTIFIER_LENGTH = 66;
/** Unix seconds; up to eleven digits, so that milliseconds are not taken for seconds of a far future. */
const VALID_UNTIL = /^(?:[^=]*_)?valid_until=([0-9]{1,11})$/;

/** @typedef {Map<number, Uint8Array>} Section one of a macaroon: type of a field -> its bytes */

/** @param {string} credential base64, perhaps several joined by commas @returns {string | null} 64 hex digits */
export function boundPaymentHash(credential) {
  const identifier = sectionsOf(credential.split(',')[0])[0]?.get(FIELD_IDENTIFIER);
  if (!identifier || identifier.length !== IDENTIFIER_LENGTH) return null;
  if (identifier[0] !== 0 || identifier[1] !== 0) return null;
  return toHex(identifier.subarray(2, 34));
}

/**
 * The earliest end that any of its caveats names: caveats may only narrow, and a seller may check each of them.
 * @param {string} credential base64, perhaps several joined by commas @returns {number | null} Unix milliseconds
 */
export function validUntilMs(credential) {
  const caveats = credential.split(',').flatMap((macaroon) => sectionsOf(macaroon).slice(1));
  const ends = caveats.filter((caveat) => !caveat.has(FIELD_VERIFICATION_ID)).flatMap(endOf);
  return ends.length === 0 ? null : Math.min(...ends) * 1000;
}

/** @param {Section} caveat @returns {number[]} Unix seconds; none if it is about something else */
function endOf(caveat) {
  const condition = new TextDecoder().decode(caveat.get(FIELD_IDENTIFIER));
  const match = VALID_UNTIL.exec(condition);
  return match ? [Number(match[1])] : [];
}

/**
 * The header and the caveats; what comes before something unreadable.
 * @param {string} text base64 @returns {Section[]}
 */
function sectionsOf(text) {
  const bytes = fromBase64(text);
  if (!bytes || bytes[0] !== V2) return [];
  /** @type {Section[]} */
  const sections = [];
  let position = 1;
  // An empty section ends them: what follows is the signature.
  for (let next = sectionAt(bytes, position); next && next.section.size > 0; next = sectionAt(bytes, position)) {
    sections.push(next.section);
    position = next.end;
  }
  return sections;
}

/** @param {Uint8Array} bytes @param {number} start @returns {{section: Section, end: number} | null} null: unreadable */
function sectionAt(bytes, start) {
  /** @type {Section} */
  const section = new Map();
  let position = start;
  let previous = FIELD_END;
  while (position < bytes.length) {
    const type = bytes[position];
    if (type === FIELD_END) return { section, end: position + 1 };
    // Fields stand in the order of their types, so that a repeated one is no macaroon either.
    if (type <= previous || ![FIELD_LOCATION, FIELD_IDENTIFIER, FIELD_VERIFICATION_ID].includes(type)) return null;
    const length = varint(bytes, position + 1);
    if (length === null || length.end + length.value > bytes.length) return null;
    position = length.end + length.value;
    section.set(type, bytes.subarray(length.end, position));
    previous = type;
  }
  return null;
}

/** Little-endian base 128. @param {Uint8Array} bytes @param {number} start */
function varint(bytes, start) {
  let value = 0;
  for (let index = 0; index < 4; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  return null;
}

/** Standard or url-safe, padded or not. @param {string} text @returns {Uint8Array | null} */
function fromBase64(text) {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, ''));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
