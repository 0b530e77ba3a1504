/**
 * Isolates for whoever needs one: made on demand, used again, replaced when they are worn or dead.
 *
 * An isolate wears out because Node never frees a context that a module was evaluated in (nodejs/node#59118): what is
 * left of each call would count against the next one's heap. Must not know: what is run in them.
 */

/** @typedef {import('./isolate_process.js').IsolateProcess} IsolateProcess */

export class Pool {
  /** @param {{make: () => IsolateProcess, atMost: number, callsAtMost: number}} options callsAtMost: of one isolate */
  constructor({ make, atMost, callsAtMost }) {
    this.make = make;
    this.atMost = atMost;
    this.callsAtMost = callsAtMost;
    /** @type {Set<IsolateProcess>} */
    this.all = new Set();
    /** @type {IsolateProcess[]} the one used last stands last: its code is warm */
    this.idle = [];
    /** @type {(() => void)[]} */
    this.waiting = [];
  }

  /** @template T @param {(isolate: IsolateProcess) => Promise<T>} work @returns {Promise<T>} */
  async use(work) {
    const isolate = await this.#take();
    try {
      return await work(isolate);
    } finally {
      this.#giveBack(isolate);
    }
  }

  async close() {
    await Promise.all([...this.all].map((isolate) => isolate.kill()));
  }

  /** Has one ready, so that the next call need not wait for a process to start. */
  warm() {
    if (this.idle.length === 0 && this.all.size < this.atMost) this.idle.push(this.#add());
  }

  /** @returns {Promise<IsolateProcess>} */
  async #take() {
    for (;;) {
      const isolate = this.idle.pop();
      if (isolate?.alive) return isolate;
      if (isolate) this.all.delete(isolate);
      else if (this.all.size < this.atMost) return this.#add();
      else await new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
    }
  }

  #add() {
    const made = this.make();
    this.all.add(made);
    return made;
  }

  /** @param {IsolateProcess} isolate */
  #giveBack(isolate) {
    if (isolate.alive && isolate.calls < this.callsAtMost) {
      this.idle.push(isolate);
    } else {
      this.all.delete(isolate);
      isolate.kill();
      this.warm();
    }
    this.waiting.shift()?.();
  }
}
