/**
 * A lane: one piece of work at a time, in the order of asking.
 *
 * Role: keeps two operations from running at once. A holder that never gives the lane back (a runtime cancels
 * requests whose caller is gone) loses it when its time is up; somebody who waits too long is told "busy".
 * Must not know: what the work is.
 */

import { ContractError } from './errors.js';

export class Lane {
  /** @param {{holdS: number, waitS: number, nowMs?: () => number}} options longest times to hold it, to wait for it */
  constructor({ holdS, waitS, nowMs = () => Date.now() }) {
    this.holdMs = holdS * 1000;
    this.waitMs = waitS * 1000;
    this.nowMs = nowMs;
    /** @type {{untilMs: number} | null} */
    this.holder = null;
    /** @type {((taken: {untilMs: number}) => void)[]} */
    this.waiting = [];
  }

  get busy() {
    return this.holder !== null && this.nowMs() < this.holder.untilMs;
  }

  /** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
  async run(work) {
    const mine = await this.#take();
    try {
      return await work();
    } finally {
      // Only if it is still mine: after my time it may be another's.
      if (this.holder === mine) this.#pass();
    }
  }

  /** @returns {Promise<{untilMs: number}>} */
  async #take() {
    if (!this.busy && this.waiting.length === 0) return this.#claim();
    const giveUpMs = this.nowMs() + this.waitMs;
    for (;;) {
      const untilMs = Math.min(giveUpMs, this.holder?.untilMs ?? giveUpMs);
      const taken = await this.#waitUntil(untilMs);
      if (taken) return taken;
      if (!this.busy) return this.#claim();
      if (this.nowMs() >= giveUpMs) throw walletBusy();
    }
  }

  /** @param {number} untilMs @returns {Promise<{untilMs: number} | null>} null: not in time */
  async #waitUntil(untilMs) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    /** @type {{untilMs: number} | null} */
    let given = null;
    /** @type {(taken: {untilMs: number}) => void} */
    let call = () => {};
    const turn = new Promise((resolve) => {
      call = (taken) => resolve((given = taken));
      this.waiting.push(call);
    });
    const timeout = new Promise((resolve) => {
      timer = setTimeout(() => resolve(null), Math.max(0, untilMs - this.nowMs()));
    });
    try {
      await Promise.race([turn, timeout]);
      return given; // also if the turn came in the same instant as the timeout: it must not be lost
    } finally {
      clearTimeout(timer);
      this.waiting = this.waiting.filter((other) => other !== call);
    }
  }

  #claim() {
    this.holder = { untilMs: this.nowMs() + this.holdMs };
    return this.holder;
  }

  #pass() {
    this.holder = null;
    this.waiting.shift()?.(this.#claim());
  }
}

export function walletBusy() {
  return new ContractError('prepare_failed', 'the wallet is busy with another payment; nothing was paid, try again', {
    details: { reason: 'wallet_busy' },
  });
}
