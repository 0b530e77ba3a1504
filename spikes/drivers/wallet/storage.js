/**
 * The SDK's Storage interface, in memory: the SDK's own extension point, not a shim.
 *
 * Role: holds what the SDK stores during the life of an isolate or process. Leaves are not in it: the SDK
 * keeps them in its tree store and reads them from the operators at every sync, so losing this loses no money.
 * Must not know: payments in flight, the network.
 */

import { createPaymentStore } from './storage_payments.js';
import { createRecordStore } from './storage_records.js';

/** @returns {Record<string, (...args: any[]) => Promise<any>>} a complete implementation of the interface */
export function createMemoryStorage() {
  return { ...createCache(), ...createDepositStore(), ...createPaymentStore(), ...createRecordStore() };
}

function createCache() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return {
    /** @param {string} key */
    getCachedItem: async (key) => items.get(key) ?? null,
    /** @param {string} key @param {string} value */
    setCachedItem: async (key, value) => void items.set(key, value),
    /** @param {string} key */
    deleteCachedItem: async (key) => void items.delete(key),
  };
}

/** Unclaimed on-chain deposits, by outpoint. */
function createDepositStore() {
  /** @type {Map<string, any>} */
  const deposits = new Map();
  /** @param {string} txid @param {number} vout */
  const outpoint = (txid, vout) => `${txid}:${vout}`;
  return {
    /** @param {string} txid @param {number} vout @param {any} amountSats @param {boolean} isMature */
    addDeposit: async (txid, vout, amountSats, isMature) => {
      const known = deposits.get(outpoint(txid, vout));
      // Seen again: amount and maturity are news, an earlier claim error or refund is not forgotten.
      deposits.set(outpoint(txid, vout), { ...known, txid, vout, amountSats: Number(amountSats), isMature });
    },
    /** @param {string} txid @param {number} vout */
    deleteDeposit: async (txid, vout) => void deposits.delete(outpoint(txid, vout)),
    listDeposits: async () => structuredClone([...deposits.values()]),
    /** @param {string} txid @param {number} vout @param {any} payload claimError or refund; each clears the other */
    updateDeposit: async (txid, vout, payload) => {
      const { claimError, refundTx, refundTxId, ...deposit } = deposits.get(outpoint(txid, vout)) ?? {};
      if (deposit.txid === undefined) return;
      const news =
        payload.type === 'claimError'
          ? { claimError: structuredClone(payload.error) }
          : { refundTx: payload.refundTx, refundTxId: payload.refundTxid };
      deposits.set(outpoint(txid, vout), { ...deposit, ...news });
    },
  };
}
