/**
 * Envelope encryption, the JavaScript twin of spikes/custody/envelope.py: the same bytes, by WebCrypto.
 *
 * Role: open an envelope row, and seal a secret into one. AES-256-GCM, 96-bit nonce, 128-bit tag (NIST SP
 * 800-38D); tests/vectors/envelopes.json holds both languages to it. Must not know: the KMS, HTTP, settings.
 */

import { canonicalJson } from './canonical.js';
import { ContractError } from './errors.js';

const ALGORITHM = 'AES-256-GCM';
const PURPOSE = 'spark-mnemonic';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;

/**
 * @typedef {object} Binding what an envelope belongs to
 * @property {string} walletId
 * @property {number} keyVersion of the wallet, from 1
 * @property {string} network
 *
 * @typedef {object} EnvelopeRow lightningWalletKeyEnvelopes; binary fields are standard base64
 * @property {string} walletId @property {number} keyVersion @property {string} network @property {string} purpose
 * @property {string} algorithm @property {string} nonce @property {string} ciphertext
 * @property {string} wrappedDataKey @property {string} kmsKeyName @property {number} kmsKeyVersion
 *
 * @typedef {{keyName: string, keyVersion: number, ciphertext: string}} WrappedKey ciphertext in base64
 */

/** Canonical JSON in ASCII: authenticated with the ciphertext and with the wrapped data key. @param {Binding} binding */
export function associatedData({ walletId, keyVersion, network }) {
  const text = canonicalJson({ key_version: keyVersion, network, purpose: PURPOSE, wallet_id: walletId });
  const ascii = text.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return new TextEncoder().encode(ascii);
}

/**
 * The secret, if the row is what `expected` says and nothing in it was changed. The KMS is asked once, and not
 * at all for a row of another wallet or key version.
 * @param {EnvelopeRow} row @param {Binding} expected from the wallet's own settings, never from the row
 * @param {(wrapped: WrappedKey, bound: Uint8Array) => Promise<Uint8Array>} unwrap
 * @returns {Promise<string>}
 * @throws {ContractError} secret_error, and what `unwrap` throws
 */
export async function openEnvelope(row, expected, unwrap) {
  requireBinding(row, expected);
  const bound = associatedData(expected);
  const [nonce, ciphertext] = [fromBase64(row.nonce), fromBase64(row.ciphertext)];
  const wrapped = { keyName: row.kmsKeyName, keyVersion: row.kmsKeyVersion, ciphertext: row.wrappedDataKey };
  fromBase64(row.wrappedDataKey);
  const dataKey = await unwrap(wrapped, bound);
  if (nonce.length !== NONCE_BYTES || dataKey.length !== KEY_BYTES) throw tampered();
  try {
    const key = await crypto.subtle.importKey('raw', dataKey, 'AES-GCM', false, ['decrypt']);
    const cipher = { name: 'AES-GCM', iv: nonce, additionalData: bound };
    const plaintext = await crypto.subtle.decrypt(cipher, key, ciphertext);
    return new TextDecoder('utf-8', { fatal: true }).decode(plaintext);
  } catch {
    throw tampered();
  } finally {
    dataKey.fill(0); // what we can do; copies inside WebCrypto are not ours to clear
  }
}

/**
 * The fields that a seal makes, for `binding`.
 * @param {string} secret @param {Binding} binding
 * @param {{dataKey: Uint8Array, nonce: Uint8Array}} fresh random, used for this one message only
 * @returns {Promise<{nonce: string, ciphertext: string}>}
 */
export async function sealSecret(secret, binding, { dataKey, nonce }) {
  const key = await crypto.subtle.importKey('raw', dataKey, 'AES-GCM', false, ['encrypt']);
  const cipher = { name: 'AES-GCM', iv: nonce, additionalData: associatedData(binding) };
  const sealed = await crypto.subtle.encrypt(cipher, key, new TextEncoder().encode(secret));
  return { nonce: toBase64(nonce), ciphertext: toBase64(new Uint8Array(sealed)) };
}

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** @param {string} text exactly what toBase64 writes @returns {Uint8Array<ArrayBuffer>} */
export function fromBase64(text) {
  let binary = '';
  try {
    binary = atob(text);
  } catch {
    // handled below, with the other forms that are not canonical
  }
  if (!binary || btoa(binary) !== text) throw tampered();
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

/** @param {EnvelopeRow} row @param {Binding} expected */
function requireBinding(row, expected) {
  if (row.algorithm !== ALGORITHM) {
    throw secretError('algorithm_unknown', `the envelope was not made with ${ALGORITHM}; seal the wallet anew`);
  }
  if (row.keyVersion !== expected.keyVersion) {
    throw secretError('wrong_key_version', 'the envelope is of another key version; read the row that the wallet names');
  }
  if (row.walletId !== expected.walletId || row.network !== expected.network || row.purpose !== PURPOSE) {
    throw secretError('wrong_binding', 'the envelope belongs to another wallet; read the row that the wallet names');
  }
}

function tampered() {
  return secretError('envelope_tampered', 'the envelope does not open: it was changed, or its data key is not its own');
}

/** @param {string} reason one word for programs @param {string} message */
export function secretError(reason, message) {
  return new ContractError('secret_error', message, { details: { reason } });
}
