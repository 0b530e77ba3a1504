/**
 * Amounts: millisatoshis and satoshis, always BigInt inside, never rounded.
 *
 * Role: the only place where a JSON number becomes money, money becomes a JSON number, or millisatoshis
 * become satoshis. Must not know: invoices, wallets.
 */

import { ContractError } from './errors.js';

const MSATS_PER_SAT = 1000n;

/**
 * Millisatoshis from a JSON value: a positive integer that a JSON number holds exactly.
 * @param {unknown} value @param {string} name of the field, for the message
 * @returns {bigint}
 */
export function readMsats(value, name) {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) {
    throw new ContractError('invalid_request', `${name} must be a positive whole number of millisatoshis`);
  }
  return BigInt(value);
}

/**
 * Whole satoshis of an amount. An amount with a fraction of a satoshi is refused: paying more or less than
 * the invoice says would be a decision that nobody took.
 * @param {bigint} msats @returns {bigint}
 */
export function wholeSats(msats) {
  if (msats % MSATS_PER_SAT !== 0n) {
    throw new ContractError(
      'unsupported_payment_method',
      'the invoice is not for whole satoshis; ask for another one',
      {
        details: { reason: 'fractional_satoshi', amountMsats: jsonInteger(msats) },
      },
    );
  }
  return msats / MSATS_PER_SAT;
}

/** @param {bigint} sats @returns {bigint} */
export function satsToMsats(sats) {
  return sats * MSATS_PER_SAT;
}

/** A JSON number that is exactly this amount. @param {bigint} amount @returns {number} */
export function jsonInteger(amount) {
  const number = Number(amount);
  if (!Number.isSafeInteger(number)) throw new RangeError('amount does not fit a JSON number exactly');
  return number;
}
