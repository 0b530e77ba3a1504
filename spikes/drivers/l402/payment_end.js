/**
 * What the wallet's answer means for a purchase: proof of payment, or which error it really is.
 *
 * Role: an executor may be wrong, or lie; and what is definite about one call says nothing about an earlier one with
 * the same order. Must not know: sellers, books.
 */

import { ContractError } from '../wallet/errors.js';
import { bytesFromHex32, sha256Hex } from '../wallet/hashing.js';

/** Said by a wallet only after it has looked the order up: then no earlier call has paid it either. */
const SAID_AFTER_LOOKING = new Set(['payment_failed', 'insufficient_funds', 'send_failed']);
/** A wallet says these of the invoice, and the invoice is the seller's. */
const ABOUT_THE_INVOICE = new Set(['invalid_request', 'unsupported_payment_method']);

/** @typedef {import('../wallet/errors.js').ErrorTable} ErrorTable */

/**
 * Without the preimage nothing proves a payment.
 * @param {import('../wallet/pay_answer.js').PayAnswer} answer @param {string} paymentHash
 * @returns {Promise<string>} the preimage, hex
 */
export async function provenPreimage({ result }, paymentHash) {
  const preimageHex = String(result.payment.preimageHex).toLowerCase();
  const preimage = bytesFromHex32(preimageHex);
  if (preimage && (await sha256Hex(preimage)) === paymentHash) return preimageHex;
  throw new ContractError('payment_missing_preimage', 'the wallet said paid without the right preimage; ask again', {
    details: { reason: preimage ? 'preimage_mismatch' : 'preimage_absent' },
    afterSubmit: true,
  });
}

/**
 * @param {ContractError} error that the wallet answered @param {boolean} isResumed the order may have reached it before
 * @param {ErrorTable} table @returns {ContractError}
 */
export function endOfPayment(error, isResumed, table) {
  const { code, details } = error;
  if (isResumed && table.isDefinite(code) && !SAID_AFTER_LOOKING.has(code) && details?.reason !== 'expired') {
    return unresolved(`the wallet could not tell what became of the payment (${code})`);
  }
  if (!ABOUT_THE_INVOICE.has(code)) return error;
  return new ContractError('invoice_unpayable', `the wallet cannot pay the seller's invoice: ${error.message}`, {
    details,
  });
}

/**
 * The payment may have been made before the policy changed, and to ask the wallet may be to pay.
 * @param {ContractError} refusal
 */
export function mayNotAsk(refusal) {
  return unresolved(`the wallet may not be asked what became of the payment (${refusal.code})`);
}

/** @param {string} what */
function unresolved(what) {
  return new ContractError('payment_pending', `${what}; ask again with the same request id`, {
    details: { reason: 'unresolved' },
    afterSubmit: true,
  });
}
