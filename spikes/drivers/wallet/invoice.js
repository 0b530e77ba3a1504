/**
 * Decides whether an invoice can be paid by this wallet, as it stands.
 *
 * Role: the invoice's own terms (network, amount, time), and the second reading by the SDK, which verifies
 * the signature. Must not know: caps, hosts, who asks.
 */

import { decodeBolt11 } from './bolt11.js';
import { ContractError, errorText } from './errors.js';
import { wholeSats } from './money.js';

/**
 * Spark networks, and what an invoice calls the Bitcoin network below each.
 * @type {Readonly<Record<string, string>>}
 */
export const INVOICE_NETWORKS = { regtest: 'regtest', mainnet: 'bitcoin' };

/**
 * @typedef {object} Terms what an invoice asks for
 * @property {string} invoice
 * @property {string} paymentHash
 * @property {bigint} amountMsats
 * @property {bigint} amountSats
 * @property {number} expiresAtS unix seconds
 */

/**
 * Terms of a payable invoice. Expiry is not judged here: an old invoice may already be paid.
 * @param {unknown} text @param {string} network that the wallet is on: "regtest" or "mainnet"
 * @returns {Terms}
 */
export function readTerms(text, network) {
  const decoded = decodeBolt11(text);
  if (decoded.network !== INVOICE_NETWORKS[network]) {
    throw new ContractError('invalid_request', `the invoice is for ${decoded.network}, the wallet is on ${network}`, {
      details: { reason: 'network' },
    });
  }
  if (decoded.amountMsats === null) {
    throw new ContractError('unsupported_payment_method', 'the invoice names no amount; ask for one that does', {
      details: { reason: 'no_amount' },
    });
  }
  return {
    invoice: decoded.invoice,
    paymentHash: decoded.paymentHash,
    amountMsats: decoded.amountMsats,
    amountSats: wholeSats(decoded.amountMsats),
    expiresAtS: decoded.timestampS + decoded.expiryS,
  };
}

/** @param {Terms} terms @param {number} nowMs */
export function requireUnexpired(terms, nowMs) {
  if (terms.expiresAtS * 1000 <= nowMs) {
    throw new ContractError('invalid_request', 'the invoice has expired; ask the seller for a new one', {
      details: { reason: 'expired', expiresAtS: terms.expiresAtS },
    });
  }
}

/**
 * The SDK's reading (it verifies the signature, needs no network for BOLT11) must equal ours: two parsers
 * that disagree about an amount or a hash mean that the policy judged another payment than the one to be made.
 * @param {{parse: (input: string) => Promise<any>}} sdk @param {Terms} terms
 */
export async function requireSameReading(sdk, terms) {
  let parsed;
  try {
    parsed = await sdk.parse(terms.invoice);
  } catch (error) {
    throw new ContractError('invalid_request', `the SDK cannot read the invoice: ${errorText(error)}`, {
      details: { reason: 'sdk_parse' },
    });
  }
  if (parsed?.type !== 'bolt11Invoice') {
    throw new ContractError('unsupported_payment_method', `not a BOLT11 invoice but ${String(parsed?.type)}`);
  }
  const same =
    parsed.paymentHash === terms.paymentHash &&
    parsed.amountMsat !== undefined &&
    BigInt(parsed.amountMsat) === terms.amountMsats &&
    parsed.timestamp + parsed.expiry === terms.expiresAtS;
  if (!same) {
    throw new ContractError('invalid_request', 'two readings of the invoice disagree; do not pay it', {
      details: { reason: 'parser_disagreement' },
    });
  }
}
