/**
 * The payment hash that a macaroon is bound to, where it can be read.
 *
 * Role: a seller whose macaroon and invoice carry different hashes sells nothing: the preimage would not fit.
 * Tokens are opaque to a client by the spec; this looks only at what it recognises (macaroon V2 binary with
 * an L402 identifier of version 0) and shrugs at the rest. Must not know: signatures, caveats.
 */

import { toHex } from '../wallet/hashing.js';

const V2 = 2;
const FIELD_END = 0;
const FIELD_LOCATION = 1;
const FIELD_IDENTIFIER = 2;
/** uint16 version 0, 32 bytes payment hash, 32 bytes token id. */
const IDENTIFIER_LENGTH = 66;

/** @param {string} credential base64, perhaps several joined by commas @returns {string | null} 64 hex digits */
export function boundPaymentHash(credential) {
  const bytes = fromBase64(credential.split(',')[0]);
  const identifier = bytes && identifierOf(bytes);
  if (!identifier || identifier.length !== IDENTIFIER_LENGTH) return null;
  if (identifier[0] !== 0 || identifier[1] !== 0) return null;
  return toHex(identifier.subarray(2, 34));
}

/** @param {Uint8Array} bytes @returns {Uint8Array | null} */
function identifierOf(bytes) {
  if (bytes[0] !== V2) return null;
  let position = 1;
  while (position < bytes.length) {
    const type = bytes[position];
    if (type === FIELD_END || type > FIELD_IDENTIFIER) return null;
    const length = varint(bytes, position + 1);
    if (length === null) return null;
    const end = length.end + length.value;
    if (end > bytes.length) return null;
    if (type === FIELD_IDENTIFIER) return bytes.subarray(length.end, end);
    if (type !== FIELD_LOCATION) return null;
    position = end;
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
