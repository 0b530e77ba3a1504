/**
 * Writes BOLT11 invoices for tests: right in everything but the signature, which is all zeros.
 *
 * Role: an encoder independent of the decoder under test, for cases that the vectors do not hold. The SDK
 * refuses these invoices (it checks the signature), so they can never be paid.
 */

import { createHash } from 'node:crypto';

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';

/** @param {string | Buffer} data */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** A preimage and its hash. @param {string} name */
export function secret(name) {
  const preimageHex = sha256(name);
  return { preimageHex, paymentHash: sha256(Buffer.from(preimageHex, 'hex')) };
}

/** @param {{prefix?: string, amount?: string, paymentHash: string, timestampS?: number, expiryS?: number | null}} fields */
export function writeInvoice({ prefix = 'lnbcrt', amount = '100n', paymentHash, timestampS, expiryS = 3600 }) {
  const human = prefix + amount;
  const data = [
    ...number(timestampS ?? Math.floor(Date.now() / 1000), 7),
    ...tag('p', bytesToGroups(Buffer.from(paymentHash, 'hex'))),
    ...tag('d', bytesToGroups(Buffer.from('a cup of coffee'))),
    ...(expiryS === null ? [] : tag('x', number(expiryS, 4))),
    ...Array(104).fill(0),
  ];
  return `${human}1${[...data, ...checksum(human, data)].map((group) => CHARSET[group]).join('')}`;
}

/** @param {string} name @param {number[]} groups */
function tag(name, groups) {
  return [CHARSET.indexOf(name), groups.length >> 5, groups.length & 31, ...groups];
}

/** @param {number} value @param {number} width in groups of five bits */
function number(value, width) {
  return Array.from({ length: width }, (_, index) => Math.floor(value / 32 ** (width - 1 - index)) % 32);
}

/** @param {Buffer} bytes padded with zero bits */
function bytesToGroups(bytes) {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((group) => Number.parseInt(group.padEnd(5, '0'), 2));
}

/** @param {string} human @param {number[]} data */
function checksum(human, data) {
  const codes = [...human].map((character) => character.charCodeAt(0));
  const values = [...codes.map((c) => c >> 5), 0, ...codes.map((c) => c & 31), ...data, 0, 0, 0, 0, 0, 0];
  let state = 1n;
  for (const value of values) {
    const top = state >> 25n;
    state = ((state & 0x1ffffffn) << 5n) ^ BigInt(value);
    [0x3b6a57b2n, 0x26508e6dn, 0x1ea119fan, 0x3d4233ddn, 0x2a1462b3n].forEach((generator, bit) => {
      if ((top >> BigInt(bit)) & 1n) state ^= generator;
    });
  }
  const result = state ^ 1n;
  return [5, 4, 3, 2, 1, 0].map((place) => Number((result >> BigInt(5 * place)) & 31n));
}
