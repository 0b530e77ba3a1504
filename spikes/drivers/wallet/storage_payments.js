/**
 * The payments part of the Storage: rows, their metadata, queries.
 *
 * Role: the semantics that money depends on - a final status is never replaced by another one.
 * Must not know: the rest of the storage.
 */

import { matches } from './storage_filters.js';
import { rows } from './storage_rows.js';

const FINAL = new Set(['completed', 'failed']);

/** @typedef {import('./shelf.js').Tx} Tx */

/** Insertion order breaks ties between equal timestamps. @param {Tx} tx */
const payments = (tx) => rows(tx, 'sdk_payments');
/** Payment id -> metadata that arrived apart from the payment. @param {Tx} tx */
const metadata = (tx) => rows(tx, 'sdk_payment_metadata');
/** Payment hash -> what an LNURL sender attached. @param {Tx} tx */
const lnurl = (tx) => rows(tx, 'sdk_lnurl');

/** @param {import('./shelf.js').Shelf} shelf */
export function createPaymentStore(shelf) {
  return { ...createPaymentRows(shelf), ...createPaymentMetadata(shelf) };
}

/** @param {import('./shelf.js').Shelf} shelf */
function createPaymentRows(shelf) {
  return {
    /** @param {any} payment @returns {Promise<boolean>} true: new, or its status changed */
    applyPaymentUpdate: (payment) =>
      shelf.transaction((tx) => {
        const known = payments(tx).get(payment.id);
        if (known && known.status !== payment.status && FINAL.has(known.status)) return false;
        payments(tx).put(payment.id, payment);
        return !known || known.status !== payment.status;
      }),
    /** @param {string} id throws if unknown: the SDK takes any answer for a payment already made */
    getPaymentById: (id) =>
      shelf.transaction((tx) => {
        const payment = payments(tx).get(id);
        if (!payment) throw new Error(`Payment not found: ${id}`);
        return present(tx, payment);
      }),
    /** @param {string} invoice @returns {Promise<any>} null if unknown */
    getPaymentByInvoice: (invoice) =>
      shelf.transaction((tx) => {
        const payment = payments(tx)
          .all()
          .find(({ details }) => details?.invoice === invoice);
        return payment ? present(tx, payment) : null;
      }),
    /** @param {any} request */
    listPayments: (request) =>
      shelf.transaction((tx) => {
        const found = payments(tx)
          .all()
          .filter((payment) => !metadata(tx).get(payment.id)?.parentPaymentId)
          .map((payment) => present(tx, payment))
          .filter((payment) => matches(payment, request));
        found.sort((a, b) => a.timestamp - b.timestamp);
        if (!request.sortAscending) found.reverse();
        const offset = request.offset ?? 0;
        return found.slice(offset, offset + (request.limit ?? found.length));
      }),
    /** @param {string[]} parentIds @returns {Promise<Record<string, any[]>>} oldest first */
    getPaymentsByParentIds: (parentIds) =>
      shelf.transaction((tx) => {
        /** @type {Record<string, any[]>} */
        const children = {};
        for (const payment of payments(tx).all()) {
          const parent = metadata(tx).get(payment.id)?.parentPaymentId;
          if (parent && parentIds.includes(parent)) (children[parent] ??= []).push(present(tx, payment));
        }
        for (const list of Object.values(children)) list.sort((a, b) => a.timestamp - b.timestamp);
        return children;
      }),
  };
}

/** @param {import('./shelf.js').Shelf} shelf */
function createPaymentMetadata(shelf) {
  return {
    /** Only what is given replaces what is known. @param {string} id @param {any} update */
    insertPaymentMetadata: (id, update) =>
      shelf.transaction((tx) => {
        const given = Object.entries(update).filter(([, value]) => value !== null && value !== undefined);
        metadata(tx).put(id, { ...metadata(tx).get(id), ...Object.fromEntries(given) });
      }),
    /** @param {any[]} items */
    setLnurlMetadata: (items) =>
      shelf.transaction((tx) => {
        for (const { paymentHash, ...rest } of items) lnurl(tx).put(paymentHash, rest);
      }),
  };
}

/** A payment as the SDK reads it: with its metadata merged in. @param {Tx} tx @param {any} payment */
function present(tx, payment) {
  const { details } = payment;
  const extra = metadata(tx).get(payment.id);
  if (details?.type === 'lightning') {
    if (extra?.lnurlDescription) details.description ??= extra.lnurlDescription;
    if (extra?.lnurlPayInfo) details.lnurlPayInfo = extra.lnurlPayInfo;
    if (extra?.lnurlWithdrawInfo) details.lnurlWithdrawInfo = extra.lnurlWithdrawInfo;
    const received = details.htlcDetails?.paymentHash && lnurl(tx).get(details.htlcDetails.paymentHash);
    if (received) details.lnurlReceiveMetadata = received;
  }
  if (extra?.conversionInfo && ['lightning', 'spark', 'token'].includes(details?.type)) {
    details.conversionInfo = extra.conversionInfo;
  }
  if (extra?.conversionStatus) payment.conversionDetails = { status: extra.conversionStatus };
  return payment;
}
