/**
 * How much was spent lately: a sliding window over quoted amounts (fees are not counted, like the cap).
 *
 * Role: money is reserved before a payment starts; only a definite failure gives it back. A pending or
 * unknown payment keeps its place, however old, until it is resolved: otherwise a seller could drain a
 * budget with payments that never finish. Must not know: hosts, invoices, which shelf it is.
 * Code over a transaction of the shelf, without a memory of its own.
 */

import { ContractError } from './errors.js';
import { jsonInteger } from './money.js';

/** @typedef {import('./shelf.js').Tx} Tx */

export class SpendWindow {
  /** @param {{windowMs: number, table?: string, nowMs?: () => number}} options table: one for each budget */
  constructor({ windowMs, table = 'spend_window', nowMs = () => Date.now() }) {
    this.windowMs = windowMs;
    this.table = table;
    this.nowMs = nowMs;
  }

  /**
   * Takes room for a payment, or throws window_cap_exceeded. Taking it again for the same id changes nothing.
   * @param {Tx} tx @param {string} id @param {bigint} amountMsats @param {bigint | null} capMsats null: no cap
   */
  reserve(tx, id, amountMsats, capMsats) {
    if (tx.get(this.table, id)) return;
    for (const [other, entry] of tx.list(this.table)) if (this.#isOver(entry)) tx.delete(this.table, other);
    const spent = this.spentMsats(tx);
    if (capMsats !== null && spent + amountMsats > capMsats) {
      throw new ContractError('window_cap_exceeded', 'the spending window is full; wait, or raise the window cap', {
        details: { windowCapMsats: jsonInteger(capMsats), windowSpendMsats: jsonInteger(spent) },
      });
    }
    tx.put(this.table, id, { amountMsats: String(amountMsats), atMs: this.nowMs(), open: true });
  }

  /**
   * The payment is settled: it counts until it leaves the window, also if its place had been given up.
   * @param {Tx} tx @param {string} id @param {bigint} amountMsats
   */
  settle(tx, id, amountMsats) {
    const entry = tx.get(this.table, id) ?? { amountMsats: String(amountMsats), atMs: this.nowMs() };
    tx.put(this.table, id, { ...entry, open: false });
  }

  /** The payment failed for certain: its room is free again. @param {Tx} tx @param {string} id */
  release(tx, id) {
    tx.delete(this.table, id);
  }

  /** What is reserved since then or earlier, and neither settled nor given back. @param {Tx} tx @param {number} atMs */
  openSince(tx, atMs) {
    return tx.list(this.table).flatMap(([id, entry]) => (entry.open && entry.atMs <= atMs ? [id] : []));
  }

  /** @param {Tx} tx @returns {bigint} reserved and spent, now */
  spentMsats(tx) {
    let sum = 0n;
    for (const [, entry] of tx.list(this.table)) if (!this.#isOver(entry)) sum += BigInt(entry.amountMsats);
    return sum;
  }

  /** @param {{atMs: number, open: boolean}} entry */
  #isOver({ atMs, open }) {
    return !open && atMs <= this.nowMs() - this.windowMs;
  }
}
