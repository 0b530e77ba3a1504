/**
 * The SDK's Storage interface, on the shelf: the SDK's own extension point, not a shim.
 *
 * Role: holds what the SDK stores, as long as the shelf lasts; every call is one transaction. Leaves are not in it:
 * the SDK keeps them in its tree store and reads them from the operators at every sync, so losing this loses no money.
 * Must not know: payments in flight, the network, which shelf it is.
 */

import { createPaymentStore } from './storage_payments.js';
import { createRecordStore } from './storage_records.js';
import { rows } from './storage_rows.js';

/**
 * @param {import('./shelf.js').Shelf} shelf
 * @returns {Record<string, (...args: any[]) => Promise<any>>} a complete implementation of the interface
 */
export function createStorage(shelf) {
  return {
    ...createCache(shelf),
    ...createDepositStore(shelf),
    ...createPaymentStore(shelf),
    ...createRecordStore(shelf),
  };
}

/** @param {import('./shelf.js').Shelf} shelf */
function createCache(shelf) {
  const table = 'sdk_cache';
  return {
    /** @param {string} key */
    getCachedItem: (key) => shelf.transaction((tx) => tx.get(table, key)),
    /** @param {string} key @param {string} value */
    setCachedItem: (key, value) => shelf.transaction((tx) => tx.put(table, key, value)),
    /** @param {string} key */
    deleteCachedItem: (key) => shelf.transaction((tx) => tx.delete(table, key)),
  };
}

/** Unclaimed on-chain deposits, by outpoint. @param {import('./shelf.js').Shelf} shelf */
function createDepositStore(shelf) {
  const deposits = (/** @type {import('./shelf.js').Tx} */ tx) => rows(tx, 'sdk_deposits');
  /** @param {string} txid @param {number} vout */
  const outpoint = (txid, vout) => `${txid}:${vout}`;
  return {
    /** @param {string} txid @param {number} vout @param {any} amountSats @param {boolean} isMature */
    addDeposit: (txid, vout, amountSats, isMature) =>
      shelf.transaction((tx) => {
        const known = deposits(tx).get(outpoint(txid, vout));
        // Seen again: amount and maturity are news, an earlier claim error or refund is not forgotten.
        deposits(tx).put(outpoint(txid, vout), { ...known, txid, vout, amountSats: Number(amountSats), isMature });
      }),
    /** @param {string} txid @param {number} vout */
    deleteDeposit: (txid, vout) => shelf.transaction((tx) => deposits(tx).delete(outpoint(txid, vout))),
    listDeposits: () => shelf.transaction((tx) => deposits(tx).all()),
    /** @param {string} txid @param {number} vout @param {any} payload claimError or refund; each clears the other */
    updateDeposit: (txid, vout, payload) =>
      shelf.transaction((tx) => {
        const { claimError, refundTx, refundTxId, ...deposit } = deposits(tx).get(outpoint(txid, vout)) ?? {};
        if (deposit.txid === undefined) return;
        const news =
          payload.type === 'claimError'
            ? { claimError: payload.error }
            : { refundTx: payload.refundTx, refundTxId: payload.refundTxid };
        deposits(tx).put(outpoint(txid, vout), { ...deposit, ...news });
      }),
  };
}
