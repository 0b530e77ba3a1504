/**
 * How much was spent lately: a sliding window over quoted amounts (fees are not counted, like the cap).
 *
 * Role: money is reserved before a payment starts; only a definite failure gives it back. A pending or
 * unknown payment keeps its place, however old, until it is resolved: otherwise a seller could drain a
 * budget with payments that never finish. Must not know: hosts, invoices.
 * Lives in the memory of the isolate or process.
 */

import { ContractError } from './errors.js';
import { jsonInteger } from './money.js';

export class SpendWindow {
  /** @param {{windowMs: number, nowMs?: () => number}} options */
  constructor({ windowMs, nowMs = () => Date.now() }) {
    this.windowMs = windowMs;
    this.nowMs = nowMs;
    /** @type {Map<string, {amountMsats: bigint, atMs: number, open: boolean}>} */
    this.entries = new Map();
  }

  /**
   * Takes room for a payment, or throws window_cap_exceeded. Taking it again for the same id changes nothing.
   * @param {string} id @param {bigint} amountMsats @param {bigint | null} capMsats null: no cap
   */
  reserve(id, amountMsats, capMsats) {
    if (this.entries.has(id)) return;
    const spent = this.spentMsats();
    if (capMsats !== null && spent + amountMsats > capMsats) {
      throw new ContractError('window_cap_exceeded', 'the spending window is full; wait, or raise the window cap', {
        details: { windowCapMsats: jsonInteger(capMsats), windowSpendMsats: jsonInteger(spent) },
      });
    }
    this.entries.set(id, { amountMsats, atMs: this.nowMs(), open: true });
  }

  /** The payment is settled: it counts until it leaves the window. @param {string} id */
  settle(id) {
    const entry = this.entries.get(id);
    if (entry) entry.open = false;
  }

  /** The payment failed for certain: its room is free again. @param {string} id */
  release(id) {
    this.entries.delete(id);
  }

  /** @returns {bigint} reserved and spent, now */
  spentMsats() {
    const horizonMs = this.nowMs() - this.windowMs;
    let sum = 0n;
    for (const [id, entry] of this.entries) {
      if (!entry.open && entry.atMs <= horizonMs) this.entries.delete(id);
      else sum += entry.amountMsats;
    }
    return sum;
  }
}
