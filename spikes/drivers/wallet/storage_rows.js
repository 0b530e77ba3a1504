/**
 * The SDK's values as text, and back: its rows hold BigInts and Maps, which JSON has no form for.
 *
 * Role: what the SDK stores comes back as it was, from any shelf. A row is one string, so that a database that is
 * particular about the names of fields never sees them. Must not know: what the rows mean.
 */

const BIGINT = '~bigint';
const MAP = '~map';

/** @param {any} value @returns {string} */
export function encodeRow(value) {
  return JSON.stringify(value, (_, part) => {
    if (typeof part === 'bigint') return { [BIGINT]: String(part) };
    if (part instanceof Map) return { [MAP]: [...part] };
    if (part instanceof Set || ArrayBuffer.isView(part)) {
      throw new TypeError(`the SDK stores a ${part.constructor.name}; teach storage_rows.js about it`);
    }
    return part;
  });
}

/** @param {string} row @returns {any} */
export function decodeRow(row) {
  return JSON.parse(row, (_, part) => {
    if (typeof part !== 'object' || part === null) return part;
    if (typeof part[BIGINT] === 'string') return BigInt(part[BIGINT]);
    return Array.isArray(part[MAP]) ? new Map(part[MAP]) : part;
  });
}

/**
 * One table of the SDK's rows within a transaction.
 * @param {import('./shelf.js').Tx} tx @param {string} table
 */
export function rows(tx, table) {
  return {
    /** @param {string} key @returns {any} null if there is none */
    get: (key) => {
      const row = tx.get(table, key);
      return row === null ? null : decodeRow(row);
    },
    /** @param {string} key @param {any} value */
    put: (key, value) => tx.put(table, key, encodeRow(value)),
    /** @param {string} key */
    delete: (key) => tx.delete(table, key),
    /** @returns {any[]} in the order in which they came */
    all: () => tx.list(table).map(([, row]) => decodeRow(row)),
  };
}
