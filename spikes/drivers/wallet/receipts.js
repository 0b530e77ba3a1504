/**
 * Receipts: what was decided and what was paid, the same text for the same facts.
 *
 * Role: a receipt names the request, the typed outcome, amounts and payment hash; never a preimage, an invoice, a
 * macaroon, a header, a path or a query. Two digests: `digest` is the receipt's own, over everything except the fields
 * of `volatile` (times, and what the place of execution calls its payment); `flowDigest` leaves out as well what
 * differs between two runs of one flow by its nature. Must not know: where a receipt goes.
 */

import { canonicalJson } from './canonical.js';
import { sha256HexOfText } from './hashing.js';

export const RECEIPT_VERSION = 'sparkgate.receipt.v2';

/** Which request it was, who paid it, from where, and the seller's fresh invoice: no part of a flow's sameness. */
const OUTSIDE_FLOW = ['requestId', 'walletId', 'walletSource', 'backendMode', 'paymentHash', 'reasonDetail'];

/**
 * @typedef {object} ReceiptFacts every amount in whole millisatoshis
 * @property {'payment' | 'l402'} kind
 * @property {string | null} requestId
 * @property {string} walletId
 * @property {string | null} walletSource where the paying wallet's secret came from: "convex_envelope" or
 *   "legacy_env"; null if none paid
 * @property {string} backendMode where the wallet executes: "worker_native", "convex_native" or "runtime"
 * @property {string} host lower case, without port
 * @property {string} outcome paid | cached | blocked | failed | unknown
 * @property {string | null} code typed reason, null when all went well
 * @property {string | null} reasonClass the code's class in errors.json
 * @property {string | null} reasonDetail what exactly, where the code is definite and knows
 * @property {string | null} paymentHash
 * @property {number | null} quotedAmountMsats the invoice's own amount
 * @property {number} settledAmountMsats what this request paid; 0 if nothing
 * @property {number} feeMsats
 * @property {{maxAmountMsats: number, windowCapMsats: number | null}} capsApplied that the amount was judged by
 * @property {string | null} cacheStatus miss | hit | stale | invalid; null outside L402
 * @property {Record<string, string | number | null>} volatile not covered by a digest
 *
 * @typedef {Record<string, any> & {receiptId: string, digest: string, flowDigest: string}} Receipt
 */

/** @param {ReceiptFacts} facts @returns {Promise<Receipt>} */
export async function makeReceipt(facts) {
  const { volatile, ...stable } = facts;
  const body = { receiptVersion: RECEIPT_VERSION, rail: 'lightning', assetId: 'BTC_LN', ...stable };
  const digest = await sha256HexOfText(canonicalJson(body));
  const flowDigest = await sha256HexOfText(canonicalJson(flowFields(body)));
  return { ...body, volatile, receiptId: `sgr_${digest.slice(0, 24)}`, digest, flowDigest };
}

/**
 * The digest that a receipt ought to have: for whoever checks one.
 * @param {Record<string, any>} receipt @returns {Promise<string>}
 */
export function receiptDigest(receipt) {
  return sha256HexOfText(canonicalJson(digestedFields(receipt)));
}

/** What must agree over repeats and runtimes; flowDigest is taken of it. @param {Record<string, any>} receipt */
export function flowFields(receipt) {
  const fields = Object.entries(digestedFields(receipt)).filter(([name]) => !OUTSIDE_FLOW.includes(name));
  return Object.fromEntries(fields);
}

/** @param {Record<string, any>} receipt */
function digestedFields({ volatile, receiptId, digest, flowDigest, ...body }) {
  return body;
}

/** Host of a receipt: no port, because ports of test servers are drawn at random. @param {string} host */
export function receiptHost(host) {
  return host.toLowerCase().replace(/:[0-9]+$/, '');
}
