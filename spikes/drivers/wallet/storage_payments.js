/**
 * The payments part of the in-memory Storage: rows, their metadata, queries.
 *
 * Role: the semantics that money depends on - a final status is never replaced by another one.
 * Must not know: the rest of the storage.
 */

import { matches } from './storage_filters.js';

const FINAL = new Set(['completed', 'failed']);

export function createPaymentStore() {
  /** @type {Map<string, any>} insertion order breaks ties between equal timestamps */
  const payments = new Map();
  /** @type {Map<string, any>} payment id -> metadata that arrived apart from the payment */
  const metadata = new Map();
  /** @type {Map<string, any>} payment hash -> what an LNURL sender attached */
  const lnurl = new Map();

  /** A payment as the SDK reads it: a copy, with its metadata merged in. @param {any} payment */
  const present = (payment) => withMetadata(structuredClone(payment), metadata.get(payment.id), lnurl);

  return {
    /** @param {any} payment @returns {Promise<boolean>} true: new, or its status changed */
    applyPaymentUpdate: async (payment) => {
      const known = payments.get(payment.id);
      if (known && known.status !== payment.status && FINAL.has(known.status)) return false;
      payments.set(payment.id, structuredClone(payment));
      return !known || known.status !== payment.status;
    },
    /** @param {string} id throws if unknown: the SDK takes any answer for a payment already made */
    getPaymentById: async (id) => {
      const payment = payments.get(id);
      if (!payment) throw new Error(`Payment not found: ${id}`);
      return present(payment);
    },
    /** @param {string} invoice @returns {Promise<any>} null if unknown */
    getPaymentByInvoice: async (invoice) => {
      for (const payment of payments.values()) if (payment.details?.invoice === invoice) return present(payment);
      return null;
    },
    /** @param {any} request */
    listPayments: async (request) => {
      const found = [...payments.values()]
        .filter((payment) => !metadata.get(payment.id)?.parentPaymentId)
        .map(present)
        .filter((payment) => matches(payment, request));
      found.sort((a, b) => a.timestamp - b.timestamp);
      if (!request.sortAscending) found.reverse();
      const offset = request.offset ?? 0;
      return found.slice(offset, offset + (request.limit ?? found.length));
    },
    /** @param {string[]} parentIds @returns {Promise<Record<string, any[]>>} oldest first */
    getPaymentsByParentIds: async (parentIds) => {
      /** @type {Record<string, any[]>} */
      const children = {};
      for (const payment of payments.values()) {
        const parent = metadata.get(payment.id)?.parentPaymentId;
        if (parent && parentIds.includes(parent)) (children[parent] ??= []).push(present(payment));
      }
      for (const list of Object.values(children)) list.sort((a, b) => a.timestamp - b.timestamp);
      return children;
    },
    /** Only what is given replaces what is known. @param {string} id @param {any} update */
    insertPaymentMetadata: async (id, update) => {
      const given = Object.entries(update).filter(([, value]) => value !== null && value !== undefined);
      metadata.set(id, { ...metadata.get(id), ...structuredClone(Object.fromEntries(given)) });
    },
    /** @param {any[]} items */
    setLnurlMetadata: async (items) => {
      for (const { paymentHash, ...rest } of items) lnurl.set(paymentHash, structuredClone(rest));
    },
  };
}

/** @param {any} payment @param {any} extra its metadata @param {Map<string, any>} lnurl */
function withMetadata(payment, extra, lnurl) {
  const { details } = payment;
  if (details?.type === 'lightning') {
    if (extra?.lnurlDescription) details.description ??= extra.lnurlDescription;
    if (extra?.lnurlPayInfo) details.lnurlPayInfo = structuredClone(extra.lnurlPayInfo);
    if (extra?.lnurlWithdrawInfo) details.lnurlWithdrawInfo = structuredClone(extra.lnurlWithdrawInfo);
    const received = lnurl.get(details.htlcDetails?.paymentHash);
    if (received) details.lnurlReceiveMetadata = structuredClone(received);
  }
  if (extra?.conversionInfo && ['lightning', 'spark', 'token'].includes(details?.type)) {
    details.conversionInfo = structuredClone(extra.conversionInfo);
  }
  if (extra?.conversionStatus) payment.conversionDetails = { status: extra.conversionStatus };
  return payment;
}
