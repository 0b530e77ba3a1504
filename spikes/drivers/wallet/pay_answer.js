/**
 * The contract's answer to a payment that is done: result and receipt.
 *
 * Role: facts in, JSON out. Must not know: how the facts came about.
 */

import { jsonInteger, satsToMsats } from './money.js';
import { makeReceipt, receiptHost } from './receipts.js';

/**
 * @typedef {{result: Record<string, any>, balanceSats: number | null}} PayAnswer
 *   balanceSats: the wallet's balance after the payment, null if the answering side does not know it
 */

/**
 * The receipt of a payment that is done.
 * @param {{request: import('./service.js').PayRequest, terms: import('./invoice.js').Terms,
 *   facts: import('./settlement.js').PaymentFacts, walletId: string, walletSource: string,
 *   windowCapMsats: bigint | null, backendMode: string}} done windowCapMsats: the wallet's own
 */
export function paymentReceipt({ request, terms, facts, walletId, walletSource, windowCapMsats, backendMode }) {
  return makeReceipt({
    kind: 'payment',
    requestId: request.requestId,
    walletId,
    walletSource,
    backendMode,
    host: receiptHost(request.host),
    outcome: 'paid',
    code: null,
    reasonClass: null,
    reasonDetail: null,
    paymentHash: terms.paymentHash,
    quotedAmountMsats: jsonInteger(terms.amountMsats),
    settledAmountMsats: jsonInteger(satsToMsats(facts.amountSats)),
    feeMsats: jsonInteger(satsToMsats(facts.feeSats)),
    capsApplied: {
      maxAmountMsats: jsonInteger(request.maxAmountMsats),
      windowCapMsats: windowCapMsats === null ? null : jsonInteger(windowCapMsats),
    },
    cacheStatus: null,
    volatile: { paymentId: facts.paymentId, paidAtMs: facts.paidAtMs },
  });
}

/**
 * @param {{facts: import('./settlement.js').PaymentFacts, balanceSats: bigint}} paid
 * @param {Awaited<ReturnType<typeof paymentReceipt>>} receipt @param {bigint} windowSpendMsats @returns {PayAnswer}
 */
export function payAnswer({ facts, balanceSats }, receipt, windowSpendMsats) {
  const { requestId, walletId, quotedAmountMsats, settledAmountMsats, feeMsats } = receipt;
  const { paymentId, preimageHex, paidAtMs } = facts;
  const result = {
    requestId,
    walletId,
    payment: { paymentId, amountMsats: settledAmountMsats, feeMsats, preimageHex, paidAtMs },
    quotedAmountMsats,
    windowSpendMsatsAfterPayment: jsonInteger(windowSpendMsats),
    receipt,
  };
  return { result, balanceSats: jsonInteger(balanceSats) };
}
