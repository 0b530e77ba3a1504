/**
 * What a seller's 402 answer offers, judged before any money moves.
 *
 * Role: challenge plus the invoice's own terms, checked against each other. Must not know: caps, wallets.
 */

import { ContractError, asContractError } from '../wallet/errors.js';
import { readTerms, requireUnexpired } from '../wallet/invoice.js';
import { parseChallenge } from './challenge.js';
import { boundPaymentHash } from './macaroon.js';

/**
 * @typedef {{scheme: 'L402' | 'LSAT', macaroon: string, terms: import('../wallet/invoice.js').Terms}} Offer
 */

/** @param {Response} response with status 402 @param {string} network @param {number} nowMs @returns {Offer} */
export function readOffer(response, network, nowMs) {
  const { scheme, macaroon, invoice } = parseChallenge(response.headers.get('www-authenticate'));
  const terms = sellersFault(() => {
    const read = readTerms(invoice, network);
    requireUnexpired(read, nowMs);
    return read;
  });
  const bound = boundPaymentHash(macaroon);
  if (bound !== null && bound !== terms.paymentHash) {
    throw new ContractError(
      'challenge_mismatch',
      'the macaroon is bound to another payment than the invoice; nothing was paid',
    );
  }
  return { scheme, macaroon, terms };
}

/** A bad invoice is invalid_request where a caller sends it; here the seller did. @template T @param {() => T} read */
function sellersFault(read) {
  try {
    return read();
  } catch (thrown) {
    const error = asContractError(thrown);
    if (error.code !== 'invalid_request') throw error;
    throw new ContractError('challenge_malformed', `the seller's invoice cannot be paid: ${error.message}`, {
      details: error.details,
    });
  }
}
