/**
 * The shelf of the Node driver: one SQLite file in the state directory, there again after a crash of the process.
 *
 * Role: opens the file so that only its owner can read it (it holds preimages and tokens), finds out at once whether
 * it can be trusted, and never replaces it. Every commit is on the disk before the driver goes on (synchronous=FULL),
 * and a second process on the same file waits for its turn. Must not know: what lies on the shelf.
 */

import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { ContractError, errorText } from '../wallet/errors.js';
import { SqlShelf } from '../wallet/shelf_sql.js';

const FILE = 'wallet.sqlite';
const LOCK_WAIT_MS = 5_000;

/** @param {string} directory @returns {SqlShelf} @throws {ContractError} config_error */
export function openDiskShelf(directory) {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
    const path = join(directory, FILE);
    makePrivate(path);
    return new SqlShelf({ database: openDatabase(path), durability: 'disk' });
  } catch (error) {
    if (error instanceof ContractError) throw error;
    throw new ContractError(
      'config_error',
      `SPARKGATE_STATE_DIR: ${FILE} cannot be used (${reason(error)}); nothing in it was changed. ` +
        'Make it readable and writable, or restore it from a copy: a wallet that forgets may pay twice',
    );
  }
}

/** Opening for appending creates the file, and leaves one that is there as it is. @param {string} path */
function makePrivate(path) {
  const file = openSync(path, 'a', 0o600);
  try {
    fchmodSync(file, 0o600);
  } finally {
    closeSync(file);
  }
}

/** @param {string} path @returns {import('../wallet/shelf_sql.js').Database} */
function openDatabase(path) {
  const connection = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
  try {
    const [{ quick_check: found }] = connection.prepare('PRAGMA quick_check(1)').all();
    if (found !== 'ok') throw new Error(`it is damaged: ${found}`);
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec('PRAGMA synchronous = FULL');
    return database(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** @param {DatabaseSync} connection @returns {import('../wallet/shelf_sql.js').Database} */
export function database(connection) {
  /** @type {Map<string, import('node:sqlite').StatementSync>} */
  const statements = new Map();
  return {
    exec: (sql, ...params) => {
      const statement = statements.get(sql) ?? connection.prepare(sql);
      statements.set(sql, statement);
      return statement.all(...params);
    },
    atomically: (work) => {
      // Immediate: what was read must still be true when it is written, also if another process has the file open.
      connection.exec('BEGIN IMMEDIATE');
      try {
        const result = work();
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.isTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

/** A system error without its path. @param {unknown} error */
function reason(error) {
  const { code, syscall } = /** @type {NodeJS.ErrnoException} */ (error);
  return syscall ? `${code} on ${syscall}` : errorText(error);
}
