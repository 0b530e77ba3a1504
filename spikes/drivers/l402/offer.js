/**
 * What a seller's 402 answer offers, judged before any money moves.
 *
 * Role: challenge plus the invoice's own terms, checked against each other. Must not know: caps, wallets.
 */

import { ContractError, asContractError } from '../wallet/errors.js';
import { readTerms, requireUnexpired } from '../wallet/invoice.js';
import { malformed, parseChallenge } from './challenge.js';
import { boundPaymentHash, validUntilMs } from './macaroon.js';

/** Reasons of an invoice that can be read and cannot be paid; any other means that it cannot be read. */
const UNPAYABLE = new Set(['network', 'expired', 'no_amount', 'fractional_satoshi']);

/**
 * @typedef {{scheme: 'L402' | 'LSAT', macaroon: string, terms: import('../wallet/invoice.js').Terms}} Offer
 */

/**
 * @param {Response} response with status 402 @param {string} network @param {number} nowMs @returns {Offer}
 * @throws {ContractError} challenge_malformed, challenge_mismatch, invoice_unpayable
 */
export function readOffer(response, network, nowMs) {
  const { scheme, macaroon, invoice } = parseChallenge(response.headers.get('www-authenticate'));
  const terms = payableTerms(invoice, network, nowMs);
  const bound = boundPaymentHash(macaroon);
  if (bound !== null && bound !== terms.paymentHash) {
    throw new ContractError(
      'challenge_mismatch',
      'the macaroon is bound to another payment than the invoice; nothing was paid',
    );
  }
  const endMs = validUntilMs(macaroon);
  if (endMs !== null && endMs <= nowMs) throw malformed('credential_expired', 'a macaroon that is over already');
  return { scheme, macaroon, terms };
}

/**
 * A bad invoice is invalid_request where a caller sends it; here the seller did.
 * @param {string} invoice @param {string} network @param {number} nowMs
 */
function payableTerms(invoice, network, nowMs) {
  try {
    const terms = readTerms(invoice, network);
    requireUnexpired(terms, nowMs);
    return terms;
  } catch (thrown) {
    const { message, details } = asContractError(thrown);
    if (!UNPAYABLE.has(String(details?.reason))) throw malformed('invoice', 'an invoice that cannot be read');
    throw new ContractError('invoice_unpayable', `the seller's invoice cannot be paid: ${message}`, { details });
  }
}
