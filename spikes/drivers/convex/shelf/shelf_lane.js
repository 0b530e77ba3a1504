/**
 * A lane over a shelf: one piece of work at a time, also when each comes from a context or process of its own.
 *
 * Role: a lease that its holder renews while he works. A holder that is gone (killed, out of memory) loses it when it
 * has not been renewed for a while; somebody who waits too long is told "busy". There is no queue: whoever looks first
 * after the lease is free has it. Must not know: what the work is.
 */

import { walletBusy } from '../../wallet/lane.js';

const TABLE = 'wallet_lease';
const KEY = 'holder';
const WAIT_S = 60;
/** A holder who has not renewed for so long is gone: four renewals in a row would have failed. */
const LEASE_MS = 6_000;
const RENEWAL_MS = 1_500;
const LOOK_MS = 200;

export class ShelfLane {
  /** @param {{shelf: import('../../wallet/shelf.js').Shelf, waitS?: number, nowMs?: () => number}} options */
  constructor({ shelf, waitS = WAIT_S, nowMs = () => Date.now() }) {
    this.shelf = shelf;
    this.waitMs = waitS * 1000;
    this.nowMs = nowMs;
    this.owner = crypto.randomUUID();
  }

  /** Whether it is would have to be asked of the shelf: nobody here answers from memory instead. */
  get busy() {
    return false;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async run(work) {
    await this.#take();
    const renewing = setInterval(() => this.#renew(), RENEWAL_MS);
    try {
      return await work();
    } finally {
      clearInterval(renewing);
      await this.#giveBack();
    }
  }

  async #take() {
    const giveUpMs = this.nowMs() + this.waitMs;
    while (!(await this.#claim())) {
      if (this.nowMs() >= giveUpMs) throw walletBusy();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** @returns {Promise<boolean>} */
  #claim() {
    return this.shelf.transaction((tx) => {
      const lease = tx.get(TABLE, KEY);
      if (lease && lease.untilMs > this.nowMs()) return false;
      tx.put(TABLE, KEY, this.#lease());
      return true;
    });
  }

  /** A renewal that fails is not the end: the next one may succeed before the lease is over. */
  async #renew() {
    try {
      await this.shelf.transaction((tx) => {
        if (tx.get(TABLE, KEY)?.owner === this.owner) tx.put(TABLE, KEY, this.#lease());
      });
    } catch (error) {
      console.error(`the wallet's lease could not be renewed: ${String(error)}`);
    }
  }

  async #giveBack() {
    await this.shelf.transaction((tx) => {
      if (tx.get(TABLE, KEY)?.owner === this.owner) tx.delete(TABLE, KEY);
    });
  }

  #lease() {
    return { owner: this.owner, untilMs: this.nowMs() + LEASE_MS };
  }
}
