/**
 * Timers and fetches that the SDK has started and that have not ended.
 *
 * Role: wraps the imports that start or end them, so that what is left over when an answer goes out can be counted.
 * Must not know: phases, requests, what the work is for.
 */

export class OpenWork {
  constructor() {
    /** @type {Set<{id: unknown}>} */
    this.timers = new Set();
    /** @type {Set<object>} */
    this.fetches = new Set();
  }

  /** What is open now; it is not told a second time. */
  leftOver() {
    const open = { timers: this.timers.size, fetches: this.fetches.size };
    this.timers.clear();
    this.fetches.clear();
    return open;
  }

  /**
   * @param {string} name of an import @param {(...args: any[]) => any} call
   * @returns {(...args: any[]) => any} the same import, watched if it starts or ends something
   */
  watched(name, call) {
    switch (/^__wbg_(set|clear)?(Timeout|Interval|fetch)_[0-9a-f]{16}$/.exec(name)?.slice(1).join(' ')) {
      case 'set Timeout':
        return this.#timer(call, true);
      case 'set Interval':
        return this.#timer(call, false);
      case 'clear Timeout':
      case 'clear Interval':
        return this.#cleared(call);
      case ' fetch':
        return this.#fetch(call);
      default:
        return call;
    }
  }

  /** @param {(...args: any[]) => any} call @param {boolean} firesOnce */
  #timer(call, firesOnce) {
    const { timers } = this;
    /** @this {unknown} @param {(...args: any[]) => any} callback @param {any[]} rest */
    return function (callback, ...rest) {
      const timer = { id: undefined };
      timers.add(timer);
      /** @param {any[]} args */
      const fired = (...args) => {
        if (firesOnce) timers.delete(timer);
        return callback(...args);
      };
      timer.id = Reflect.apply(call, this, [fired, ...rest]);
      return timer.id;
    };
  }

  /** @param {(...args: any[]) => any} call */
  #cleared(call) {
    const { timers } = this;
    /** @this {unknown} @param {unknown} id @param {any[]} rest */
    return function (id, ...rest) {
      for (const timer of timers) if (timer.id === id) timers.delete(timer);
      return Reflect.apply(call, this, [id, ...rest]);
    };
  }

  /** @param {(...args: any[]) => any} call */
  #fetch(call) {
    const { fetches } = this;
    /** @this {unknown} @param {any[]} args */
    return function (...args) {
      const answer = Reflect.apply(call, this, args);
      const fetching = {};
      const ended = () => void fetches.delete(fetching);
      fetches.add(fetching);
      Promise.resolve(answer).then(ended, ended);
      return answer;
    };
  }
}
