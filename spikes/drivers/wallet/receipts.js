/**
 * Receipts: what was decided and what was paid, the same text for the same facts.
 *
 * Role: a receipt names the request, the typed outcome, amounts and payment hash; never a preimage, an
 * invoice, a macaroon, a header or a path. Its digest covers everything except the fields of `volatile`,
 * which may differ between two runs of the same seed (times, ports) or between two places of execution.
 * Must not know: where a receipt goes.
 */

import { canonicalJson } from './canonical.js';
import { sha256HexOfText } from './hashing.js';

export const RECEIPT_VERSION = 'sparkgate.receipt.v1';

/**
 * @typedef {object} ReceiptFacts every amount in whole millisatoshis
 * @property {'payment' | 'l402'} kind
 * @property {string | null} requestId
 * @property {string} walletId
 * @property {string | null} walletSource where the paying wallet's secret came from: "convex_envelope" or "legacy_env"; null if none paid
 * @property {string} backendMode what moves the money, e.g. "spark"
 * @property {string} host lower case, without port
 * @property {string} outcome paid | cached | blocked | failed | unknown
 * @property {string | null} code typed reason, null when paid
 * @property {string | null} paymentHash
 * @property {number | null} quotedAmountMsats the invoice's own amount
 * @property {number} settledAmountMsats what this request paid; 0 if nothing
 * @property {number} feeMsats
 * @property {string | null} cacheStatus miss | hit | stale | invalid; null outside L402
 * @property {Record<string, string | number | null>} volatile not covered by the digest
 */

/**
 * @param {ReceiptFacts} facts
 * @returns {Promise<Record<string, any> & {receiptId: string, digest: string}>}
 */
export async function makeReceipt(facts) {
  const { volatile, ...stable } = facts;
  const body = { receiptVersion: RECEIPT_VERSION, rail: 'lightning', assetId: 'BTC_LN', ...stable };
  const digest = await sha256HexOfText(canonicalJson(body));
  return { ...body, volatile, receiptId: `sgr_${digest.slice(0, 24)}`, digest };
}

/**
 * The digest that a receipt ought to have: for whoever checks one.
 * @param {Record<string, any>} receipt @returns {Promise<string>}
 */
export function receiptDigest(receipt) {
  const { volatile, receiptId, digest, ...body } = receipt;
  return sha256HexOfText(canonicalJson(body));
}

/** Host of a receipt: no port, because ports of test servers are drawn at random. @param {string} host */
export function receiptHost(host) {
  return host.toLowerCase().replace(/:[0-9]+$/, '');
}
