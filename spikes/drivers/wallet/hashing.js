/**
 * SHA-256 through WebCrypto, which workerd, Node, Deno and browsers share.
 *
 * Must not know: what is hashed.
 */

/** @param {Uint8Array} bytes @returns {Promise<string>} lower-case hex */
export async function sha256Hex(bytes) {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

/** @param {string} text UTF-8 @returns {Promise<string>} lower-case hex */
export function sha256HexOfText(text) {
  return sha256Hex(new TextEncoder().encode(text));
}

/** @param {Uint8Array} bytes @returns {string} */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @param {string} hex 64 hex digits @returns {Uint8Array | null} null if it is not that */
export function bytesFromHex32(hex) {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
