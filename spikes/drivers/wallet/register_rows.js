/**
 * The rows of the idempotency register on the shelf: entries, whom an invoice belongs to, how many there are.
 *
 * Role: keeps the three tables in step within one transaction, and bounded. Must not know: which change of an entry is
 * allowed, the SDK, HTTP.
 */

const ENTRIES = 'register';
const OWNERS = 'register_owners'; // payment hash -> request id
const COUNTS = 'register_counts'; // so that counting needs no list

/** @typedef {import('./shelf.js').Tx} Tx */

/**
 * @template T type of the stored answers: JSON
 * @typedef {object} Entry
 * @property {string} fingerprint
 * @property {string} paymentHash
 * @property {string} incarnation
 * @property {string} attempt
 * @property {'in_flight' | 'unknown' | 'settled'} state
 * @property {number | null} submittedAtMs null: certainly not submitted
 * @property {number} staleAtMs
 * @property {T} [answer]
 * @property {boolean} [invoiceIsFree]
 */

/** @param {Tx} tx @param {string} requestId @returns {Entry<any> | null} */
export function readEntry(tx, requestId) {
  return tx.get(ENTRIES, requestId);
}

/** @param {Tx} tx @param {string} requestId @param {Entry<any>} entry that is there already */
export function writeEntry(tx, requestId, entry) {
  tx.put(ENTRIES, requestId, entry);
}

/** An entry of a version that made no marks has none, and counts as submitted. @param {Entry<any>} entry */
export function wasSubmitted({ state, submittedAtMs }) {
  return state === 'unknown' || submittedAtMs !== null;
}

/** A new entry; its invoice is taken. @param {Tx} tx @param {string} requestId @param {Entry<any>} entry */
export function addEntry(tx, requestId, entry) {
  tx.put(OWNERS, entry.paymentHash, requestId);
  count(tx, 1);
  writeEntry(tx, requestId, entry);
}

/** @param {Tx} tx @param {string} requestId @param {Entry<any>} entry */
export function forgetEntry(tx, requestId, entry) {
  tx.delete(ENTRIES, requestId);
  freeInvoice(tx, requestId, entry);
  count(tx, -1);
}

/** @param {Tx} tx @param {string} paymentHash @returns {boolean} */
export function isInvoiceTaken(tx, paymentHash) {
  return tx.get(OWNERS, paymentHash) !== null;
}

/** @param {Tx} tx @param {string} requestId @param {Entry<any>} entry */
export function freeInvoice(tx, requestId, entry) {
  if (tx.get(OWNERS, entry.paymentHash) === requestId) tx.delete(OWNERS, entry.paymentHash);
}

/**
 * Drops settled entries, oldest first: a tenth more than is needed, so that a full register is not listed at every
 * payment. @param {Tx} tx @param {number} settledLimit
 */
export function dropOldest(tx, settledLimit) {
  const size = count(tx, 0);
  if (size <= settledLimit) return;
  let surplus = size - settledLimit + Math.floor(settledLimit / 10);
  for (const [requestId, entry] of tx.list(ENTRIES)) {
    if (surplus <= 0) return;
    if (entry.state !== 'settled') continue;
    forgetEntry(tx, requestId, entry);
    surplus -= 1;
  }
}

/** @param {Tx} tx @param {number} change @returns {number} entries, after the change */
function count(tx, change) {
  const size = (tx.get(COUNTS, 'entries') ?? 0) + change;
  if (change) tx.put(COUNTS, 'entries', size);
  return size;
}
