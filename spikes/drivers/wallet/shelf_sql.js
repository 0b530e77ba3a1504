/**
 * A shelf in a SQL database: a Durable Object's own SQLite, or a file of node:sqlite.
 *
 * Role: the same transactions as MemoryShelf, for hosts whose memory does not last. Must not know: which host.
 */

import { ContractError } from './errors.js';
import { requireSynchronous, toJson } from './shelf.js';

/** Another form of the table, or of what the wallet puts on the shelf, is another number. */
const FORMAT = 1;

// `place` is the rowid: a key that is there keeps it when it is put again.
const TABLE = `CREATE TABLE IF NOT EXISTS shelf (
  place INTEGER PRIMARY KEY, tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (tbl, key))`;
const GET = 'SELECT value FROM shelf WHERE tbl = ? AND key = ?';
const PUT = `INSERT INTO shelf (tbl, key, value) VALUES (?, ?, ?)
  ON CONFLICT (tbl, key) DO UPDATE SET value = excluded.value`;
const DELETE = 'DELETE FROM shelf WHERE tbl = ? AND key = ?';
const LIST = 'SELECT key, value FROM shelf WHERE tbl = ? ORDER BY place';

/**
 * @typedef {object} Database
 * @property {(sql: string, ...params: string[]) => Record<string, any>[]} exec one statement; its rows
 * @property {<T>(work: () => T) => T} atomically all statements of `work`, or none if it throws
 */

export class SqlShelf {
  /**
   * @param {{database: Database, durability: 'disk' | 'object'}} options
   * @throws {ContractError} config_error: it was written by another version
   */
  constructor({ database, durability }) {
    this.database = database;
    this.durability = durability;
    database.atomically(() => {
      database.exec(TABLE);
      this.#requireFormat();
    });
  }

  /** @template T @param {(tx: import('./shelf.js').Tx) => T} work @returns {Promise<T>} */
  async transaction(work) {
    return this.database.atomically(() => requireSynchronous(work(this.#tx())));
  }

  /** @returns {import('./shelf.js').Tx} */
  #tx() {
    const { database } = this;
    return {
      get: (table, key) => {
        const [row] = database.exec(GET, table, key);
        return row ? JSON.parse(row.value) : null;
      },
      put: (table, key, value) => void database.exec(PUT, table, key, toJson(value)),
      delete: (table, key) => void database.exec(DELETE, table, key),
      list: (table) => database.exec(LIST, table).map(({ key, value }) => [key, JSON.parse(value)]),
    };
  }

  #requireFormat() {
    const tx = this.#tx();
    const format = tx.get('shelf', 'format') ?? FORMAT;
    if (format !== FORMAT) {
      throw new ContractError(
        'config_error',
        `the wallet's state has format ${format}, this driver knows ${FORMAT}; use the driver that wrote it`,
      );
    }
    tx.put('shelf', 'format', FORMAT);
  }
}
