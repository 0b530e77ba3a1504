/**
 * Reads a BOLT11 invoice: network, amount, payment hash, time. Pure, no dependency.
 *
 * Role: lets a policy judge an invoice where no SDK is built (an orchestrating Worker) and before anything
 * is paid. It verifies the checksum, not the signature: the SDK does that when it parses the same invoice,
 * and invoice.js demands that both readings agree. Must not know: policies, wallets.
 */

import { ContractError } from './errors.js';
import { toHex } from './hashing.js';

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const MAX_LENGTH = 7089; // what a QR code can hold; real invoices are far below it
const TIMESTAMP_GROUPS = 7;
const SIGNATURE_GROUPS = 104;
const CHECKSUM_GROUPS = 6;
const HASH_GROUPS = 52;
const DEFAULT_EXPIRY_S = 3600;
const TAG_PAYMENT_HASH = CHARSET.indexOf('p');
const TAG_EXPIRY = CHARSET.indexOf('x');
/** Amounts are in bitcoin; one bitcoin is 10^11 millisatoshis. */
const MSATS_PER_BTC = 100_000_000_000n;
/** @type {Record<string, bigint>} */
const DIVISORS = { '': 1n, m: 1_000n, u: 1_000_000n, n: 1_000_000_000n, p: 1_000_000_000_000n };
/** @type {Record<string, string>} */
const NETWORKS = { bc: 'bitcoin', tb: 'testnet', tbs: 'signet', bcrt: 'regtest', sb: 'simnet' };

/**
 * @typedef {object} Bolt11
 * @property {string} invoice lower case
 * @property {string} network bitcoin | testnet | signet | regtest | simnet
 * @property {bigint | null} amountMsats null if the invoice leaves the amount to the payer
 * @property {string} paymentHash 64 hex digits
 * @property {number} timestampS unix seconds
 * @property {number} expiryS seconds of validity
 */

/**
 * @param {unknown} text @returns {Bolt11}
 * @throws {ContractError} invalid_request, details.reason says what is wrong
 */
export function decodeBolt11(text) {
  if (typeof text !== 'string' || text.length === 0) throw malformed('missing', 'no invoice was given');
  if (text.length > MAX_LENGTH) throw malformed('too_long', 'the invoice is too long');
  const invoice = text.toLowerCase();
  if (text !== invoice && text !== text.toUpperCase()) throw malformed('mixed_case', 'the invoice mixes cases');
  const separator = invoice.lastIndexOf('1');
  const prefix = invoice.slice(0, Math.max(separator, 0));
  const groups = readGroups(invoice.slice(separator + 1));
  if (checksum(prefix, groups) !== 1) throw malformed('checksum', 'the checksum of the invoice is wrong');
  const { network, amountMsats } = readPrefix(prefix);
  const data = groups.slice(0, groups.length - CHECKSUM_GROUPS - SIGNATURE_GROUPS);
  if (data.length < TIMESTAMP_GROUPS) throw malformed('too_short', 'the invoice is too short');
  const tags = readTags(data.slice(TIMESTAMP_GROUPS));
  if (!tags.paymentHash) throw malformed('no_payment_hash', 'the invoice has no payment hash');
  return {
    invoice,
    network,
    amountMsats,
    paymentHash: tags.paymentHash,
    timestampS: toNumber(data.slice(0, TIMESTAMP_GROUPS)),
    expiryS: tags.expiryS ?? DEFAULT_EXPIRY_S,
  };
}

/** @param {string} prefix human-readable part, e.g. lnbcrt100n */
function readPrefix(prefix) {
  const match = /^ln(bcrt|bc|tbs|tb|sb)(?:([1-9][0-9]{0,17})([munp]?))?$/.exec(prefix);
  if (!match) throw malformed('prefix', 'the text does not begin like a BOLT11 invoice');
  const [, currency, digits, unit] = match;
  if (digits === undefined) return { network: NETWORKS[currency], amountMsats: null };
  const scaled = BigInt(digits) * MSATS_PER_BTC;
  const divisor = DIVISORS[unit];
  if (scaled % divisor !== 0n) throw malformed('fractional_msat', 'the amount has a fraction of a millisatoshi');
  const amountMsats = scaled / divisor;
  if (amountMsats > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('amount', 'the amount is absurdly large');
  return { network: NETWORKS[currency], amountMsats };
}

/** @param {number[]} groups the tagged fields; unknown and repeated fields are skipped, as BOLT11 demands */
function readTags(groups) {
  /** @type {{paymentHash?: string, expiryS?: number}} */
  const found = {};
  let position = 0;
  while (position < groups.length) {
    if (position + 3 > groups.length) throw malformed('tag', 'a field of the invoice is cut off');
    const [tag, high, low] = groups.slice(position, position + 3);
    const end = position + 3 + high * 32 + low;
    if (end > groups.length) throw malformed('tag', 'a field of the invoice is cut off');
    const value = groups.slice(position + 3, end);
    if (tag === TAG_PAYMENT_HASH && value.length === HASH_GROUPS) found.paymentHash ??= toHex(toBytes(value));
    if (tag === TAG_EXPIRY && value.length <= 10) found.expiryS ??= toNumber(value);
    position = end;
  }
  return found;
}

/** @param {string} text @returns {number[]} five bits each */
function readGroups(text) {
  if (text.length < TIMESTAMP_GROUPS + SIGNATURE_GROUPS + CHECKSUM_GROUPS) {
    throw malformed('too_short', 'the text is too short for a BOLT11 invoice');
  }
  return Array.from(text, (character) => {
    const value = CHARSET.indexOf(character);
    if (value < 0) throw malformed('character', 'the invoice holds a character that bech32 does not have');
    return value;
  });
}

/** Bech32's BCH checksum over prefix and data; 1 if right. @param {string} prefix @param {number[]} groups */
function checksum(prefix, groups) {
  const codes = Array.from(prefix, (character) => character.charCodeAt(0));
  const values = [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...groups];
  let state = 1;
  for (const value of values) {
    const top = state >>> 25;
    state = ((state & 0x1ffffff) << 5) ^ value;
    for (let bit = 0; bit < GENERATOR.length; bit += 1) if ((top >> bit) & 1) state ^= GENERATOR[bit];
  }
  return state;
}

/** @param {number[]} groups big-endian, at most ten of them */
function toNumber(groups) {
  return groups.reduce((number, group) => number * 32 + group, 0);
}

/** Whole bytes of a row of five-bit groups; left-over bits are dropped. @param {number[]} groups */
function toBytes(groups) {
  const bytes = [];
  let buffer = 0;
  let bits = 0;
  for (const group of groups) {
    buffer = ((buffer << 5) | group) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((buffer >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

/** @param {string} reason @param {string} message */
function malformed(reason, message) {
  return new ContractError('invalid_request', `${message}; give a complete BOLT11 invoice`, { details: { reason } });
}
