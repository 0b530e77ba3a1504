/**
 * What a purchase answers: outcome, claim and receipt, for every end that it can have.
 *
 * Role: facts in, JSON out; nothing in it is a secret, a path or a query. Must not know: how the facts came about.
 */

import { claim, paidClaim } from '../wallet/experiments.js';
import { jsonInteger } from '../wallet/money.js';
import { makeReceipt } from '../wallet/receipts.js';
import { capsOf } from './policy.js';

/**
 * @typedef {import('../wallet/errors.js').ContractError} ContractError
 * @typedef {import('../wallet/errors.js').ErrorTable} ErrorTable
 *
 * @typedef {object} Purchase what is asked for, and what is known so far
 * @property {string} requestId
 * @property {URL} url
 * @property {import('./policy.js').Policy} policy
 * @property {import('../wallet/phases.js').PhaseClock} clock
 * @property {number} startedAtMs
 * @property {'miss' | 'hit' | 'stale' | 'invalid'} cacheStatus
 * @property {import('./purchases.js').Order | null} order set as soon as the wallet may be asked
 * @property {string | null} paymentHash
 * @property {bigint | null} quotedAmountMsats
 * @property {import('../wallet/pay_answer.js').PayAnswer | null} paid set as soon as money has moved
 * @property {Awaited<ReturnType<typeof import('./seller.js').preview>> | null} response the seller's last answer
 *
 * @typedef {object} Kept what is kept of an answer, and repeated
 * @property {string} outcome paid | cached | blocked | failed | unknown
 * @property {string | null} code
 * @property {string | null} reason
 * @property {string | null} tell what the user is told
 * @property {Record<string, unknown> | null} details
 * @property {import('../wallet/experiments.js').Claim} claim
 * @property {string} cacheStatus
 * @property {import('../wallet/receipts.js').Receipt} receipt
 *
 * @typedef {{service: Pick<import('../wallet/contract.js').Service, 'backendMode' | 'execution'>,
 *   errorTable: ErrorTable, walletId: string, nowMs: () => number}} Buyer
 */

/**
 * Once money has moved the outcome is "paid", whatever came after; the code then says what went wrong.
 * @param {Purchase} purchase @param {ContractError | null} error @param {Buyer} buyer @returns {Promise<Kept>}
 */
export async function answerOf(purchase, error, buyer) {
  const { paid, cacheStatus, paymentHash } = purchase;
  const outcome = paid ? 'paid' : error ? buyer.errorTable.outcome(error.code) : 'cached';
  const receipt = await receiptOf(purchase, outcome, error, buyer);
  const free = error ? {} : { amountSats: 0, feeSats: 0 };
  const facts = paid ? await paidClaim(paid) : claim({ paymentHash, ...free });
  return {
    outcome,
    code: error?.code ?? null,
    reason: error?.message ?? null,
    tell: error && buyer.errorTable.tell(error.code, paid !== null),
    details: error?.details ?? null,
    claim: { ...facts, receiptDigest: receipt.digest, flowDigest: receipt.flowDigest },
    cacheStatus,
    receipt,
  };
}

/**
 * @param {Purchase} purchase @param {string} outcome @param {ContractError | null} error @param {Buyer} buyer
 */
function receiptOf(purchase, outcome, error, { service, errorTable, walletId, nowMs }) {
  const { requestId, url, policy, cacheStatus, paymentHash, quotedAmountMsats, paid, startedAtMs } = purchase;
  const { receipt, payment } = paid?.result ?? {};
  return makeReceipt({
    kind: 'l402',
    requestId,
    walletId,
    walletSource: receipt?.walletSource ?? null,
    backendMode: service.backendMode,
    host: url.hostname,
    outcome,
    code: error?.code ?? null,
    reasonClass: error && errorTable.classOf(error.code),
    reasonDetail: error && reasonDetail(error, errorTable),
    paymentHash,
    quotedAmountMsats: quotedAmountMsats === null ? null : jsonInteger(quotedAmountMsats),
    settledAmountMsats: payment?.amountMsats ?? 0,
    feeMsats: payment?.feeMsats ?? 0,
    capsApplied: capsOf(policy),
    cacheStatus,
    volatile: {
      execution: service.execution,
      startedAtMs,
      finishedAtMs: nowMs(),
      paidAtMs: payment?.paidAtMs ?? null,
    },
  });
}

/** How far a payment came is different each time, and no part of a receipt. @param {ContractError} error @param {ErrorTable} table */
function reasonDetail({ code, details }, table) {
  return table.isDefinite(code) && typeof details?.reason === 'string' ? details.reason : null;
}
