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
 * @param {{request: import('./service.js').PayRequest, terms: import('./invoice.js').Terms,
 *   facts: import('./settlement.js').PaymentFacts, walletId: string, backendMode: string,
 *   windowSpendMsats: bigint, balanceSats: bigint}} done
 * @returns {Promise<PayAnswer>}
 */
export async function payAnswer({ request, terms, facts, walletId, backendMode, windowSpendMsats, balanceSats }) {
  const { requestId, host } = request;
  const { paymentId, preimageHex, paidAtMs } = facts;
  const quotedAmountMsats = jsonInteger(terms.amountMsats);
  const amountMsats = jsonInteger(satsToMsats(facts.amountSats));
  const feeMsats = jsonInteger(satsToMsats(facts.feeSats));
  const receipt = await makeReceipt({
    kind: 'payment',
    requestId,
    walletId,
    walletSource: 'environment',
    backendMode,
    host: receiptHost(host),
    outcome: 'paid',
    code: null,
    paymentHash: terms.paymentHash,
    quotedAmountMsats,
    settledAmountMsats: amountMsats,
    feeMsats,
    cacheStatus: null,
    volatile: { paymentId, paidAtMs },
  });
  const result = {
    requestId,
    walletId,
    payment: { paymentId, amountMsats, feeMsats, preimageHex, paidAtMs },
    quotedAmountMsats,
    windowSpendMsatsAfterPayment: jsonInteger(windowSpendMsats),
    receipt,
  };
  return { result, balanceSats: jsonInteger(balanceSats) };
}
