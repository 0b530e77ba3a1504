/**
 * A shelf within a shelf: every table of it has the scope's name before its own.
 *
 * Role: lets two wallets remember on one shelf - one database, one object - without seeing each other's tables.
 * Must not know: what lies on it, which shelf it is.
 */

/** Not part of any table's name, and not allowed in a scope's: no scope and table can read as another's. */
const BETWEEN = '/';

export class ScopedShelf {
  /** @param {import('./shelf.js').Shelf} shelf @param {string} scope */
  constructor(shelf, scope) {
    if (!scope || scope.includes(BETWEEN)) throw new TypeError(`a scope is a name without "${BETWEEN}"`);
    this.shelf = shelf;
    this.scope = scope;
  }

  get durability() {
    return this.shelf.durability;
  }

  /** @template T @param {(tx: import('./shelf.js').Tx) => T} work @returns {Promise<T>} */
  transaction(work) {
    return this.shelf.transaction((tx) => work(this.#within(tx)));
  }

  /** @param {import('./shelf.js').Tx} tx @returns {import('./shelf.js').Tx} */
  #within(tx) {
    const scoped = (/** @type {string} */ table) => `${this.scope}${BETWEEN}${table}`;
    return {
      get: (table, key) => tx.get(scoped(table), key),
      put: (table, key, value) => tx.put(scoped(table), key, value),
      delete: (table, key) => tx.delete(scoped(table), key),
      list: (table) => tx.list(scoped(table)),
    };
  }
}
