/**
 * The harness's door to the buyer: l402_fetch, answered with an outcome, a claim and a receipt.
 *
 * Role: reads the input, runs the buyer, reports. Must not know: what outcome anybody expects.
 */

import { asContractError } from '../wallet/errors.js';
import { claim, paidClaim } from '../wallet/experiments.js';
import { jsonInteger } from '../wallet/money.js';
import { PhaseClock } from '../wallet/phases.js';
import { makeReceipt } from '../wallet/receipts.js';
import { invalid, readRequestId } from '../wallet/requests.js';
import { readPolicy } from './policy.js';

/**
 * @param {{buyer: import('./buyer.js').L402Buyer, service: import('../wallet/contract.js').Service,
 *   errorTable: import('../wallet/errors.js').ErrorTable, walletId: string}} parts
 * @returns {Record<string, import('../wallet/contract.js').Experiment>}
 */
export function l402Experiment({ buyer, service, errorTable, walletId }) {
  return {
    l402_fetch: async (input) => {
      const purchase = readPurchase(input);
      /** @type {import('../wallet/errors.js').ContractError | null} */
      let error = null;
      try {
        await buyer.buy(purchase);
      } catch (thrown) {
        error = asContractError(thrown);
      }
      return report({ purchase, error, service, errorTable, walletId });
    },
  };
}

/** @param {Record<string, unknown>} input @returns {import('./buyer.js').Purchase} */
function readPurchase(input) {
  const url = typeof input.url === 'string' && URL.canParse(input.url) ? new URL(input.url) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('url must be an http or https URL');
  if (url.username || url.password) throw invalid('url must not hold a user name or password');
  return {
    requestId: readRequestId(input.requestId),
    url,
    policy: readPolicy(input.policy),
    clock: new PhaseClock(),
    cacheStatus: 'miss',
    paymentHash: null,
    quotedAmountMsats: null,
    paid: null,
    response: null,
  };
}

/**
 * Once money has moved the outcome is "paid", whatever came after; the code then says what went wrong.
 * @param {{purchase: import('./buyer.js').Purchase, error: import('../wallet/errors.js').ContractError | null,
 *   service: import('../wallet/contract.js').Service, errorTable: import('../wallet/errors.js').ErrorTable,
 *   walletId: string}} parts
 */
async function report({ purchase, error, service, errorTable, walletId }) {
  const { requestId, url, cacheStatus, paymentHash, quotedAmountMsats, paid, response, clock } = purchase;
  const outcome = paid ? 'paid' : error ? errorTable.outcome(error.code) : 'cached';
  const code = error?.code ?? null;
  const receipt = await makeReceipt({
    kind: 'l402',
    requestId,
    walletId,
    walletSource: paid?.result.receipt.walletSource ?? null,
    backendMode: service.backendMode,
    host: url.hostname,
    outcome,
    code,
    paymentHash,
    quotedAmountMsats: quotedAmountMsats === null ? null : jsonInteger(quotedAmountMsats),
    settledAmountMsats: paid?.result.payment.amountMsats ?? 0,
    feeMsats: paid?.result.payment.feeMsats ?? 0,
    cacheStatus,
    volatile: { execution: service.execution, paidAtMs: paid?.result.payment.paidAtMs ?? null },
  });
  const facts = paid ? await paidClaim(paid) : claim({ paymentHash, ...(error ? {} : { amountSats: 0, feeSats: 0 }) });
  return {
    requestId,
    outcome,
    code,
    reason: error?.message ?? null,
    claim: { ...facts, receiptDigest: receipt.digest },
    phases: clock.phases,
    cacheStatus,
    response,
    receipt,
  };
}
