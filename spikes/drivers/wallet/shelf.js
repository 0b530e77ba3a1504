/**
 * The shelf: where a wallet keeps what it must remember - SDK storage and sessions, idempotency register, spend window.
 *
 * Role: the one interface to memory, so that the rules of money are written once and a host chooses how long they are
 * remembered. MemoryShelf lasts as long as the isolate or process. Must not know: what lies on it.
 *
 * @typedef {object} Tx one transaction; all values are JSON values, and what is read is a copy
 * @property {(table: string, key: string) => any | null} get
 * @property {(table: string, key: string, value: any) => void} put a key that is there keeps its place in `list`
 * @property {(table: string, key: string) => void} delete
 * @property {(table: string) => [string, any][]} list in the order in which the keys were put first
 *
 * @typedef {object} Shelf
 * @property {'isolate' | 'disk' | 'object' | 'database'} durability what it outlives: nothing; the process; the
 *   object's instance; the platform's function
 * @property {<T>(work: (tx: Tx) => T) => Promise<T>} transaction all of it or, if `work` throws, nothing of it. `work`
 *   is synchronous and may be run again: it must do nothing but use `tx`
 */

export class MemoryShelf {
  constructor() {
    /** @type {'isolate'} */
    this.durability = 'isolate';
    /** @type {Map<string, Map<string, string>>} table -> key -> JSON text */
    this.tables = new Map();
  }

  /** @template T @param {(tx: Tx) => T} work @returns {Promise<T>} */
  async transaction(work) {
    /** @type {Map<string, Map<string, string>>} tables as they were before this transaction changed them */
    const before = new Map();
    try {
      return requireSynchronous(work(this.#tx(before)));
    } catch (error) {
      for (const [name, table] of before) this.tables.set(name, table);
      throw error;
    }
  }

  /** @param {Map<string, Map<string, string>>} before @returns {Tx} */
  #tx(before) {
    const read = (/** @type {string} */ name) => this.tables.get(name) ?? new Map();
    const change = (/** @type {string} */ name) => {
      if (!before.has(name)) {
        before.set(name, read(name));
        this.tables.set(name, new Map(read(name)));
      }
      return read(name);
    };
    return {
      get: (table, key) => fromJson(read(table).get(key)),
      put: (table, key, value) => void change(table).set(key, toJson(value)),
      delete: (table, key) => void change(table).delete(key),
      list: (table) => [...read(table)].map(([key, text]) => [key, JSON.parse(text)]),
    };
  }
}

/** @param {any} value @returns {string} */
export function toJson(value) {
  const text = JSON.stringify(value);
  if (text === undefined) throw new TypeError('a shelf holds JSON values; there is nothing to put');
  return text;
}

/** @param {string | null | undefined} text @returns {any} */
function fromJson(text) {
  return text === undefined || text === null ? null : JSON.parse(text);
}

/**
 * What a transaction awaits would happen after its end.
 * @template T @param {T} result of `work` @returns {T}
 */
export function requireSynchronous(result) {
  if (typeof (/** @type {any} */ (result)?.then) === 'function') {
    throw new TypeError('a transaction must be synchronous; await before it or after it');
  }
  return result;
}
