/**
 * The stand-in's database: documents in tables with indexes, in one SQLite file.
 *
 * Role: just what the system calls of our functions need. Calls come one transaction at a time, so they are
 * serialisable; a committed one outlives the process. Must not know: functions, contexts.
 */

import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

import { misfit } from './validators.js';

/** @typedef {{tableName: string, indexes: {indexDescriptor: string, fields: string[]}[], documentType: any}} Table */

export class Database {
  /** @param {{file: string, tables: Table[]}} options tables: as the schema of the bundle exports them */
  constructor({ file, tables }) {
    this.sql = new DatabaseSync(file);
    this.tables = new Map(tables.map((table) => [table.tableName, table]));
    this.lastCreation = 0;
    this.sql.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    for (const { tableName, indexes } of tables) this.#create(tableName, indexes);
  }

  /**
   * All of it or, if it throws, nothing of it.
   * @template T @param {() => Promise<T>} work @returns {Promise<T>}
   */
  async atomically(work) {
    this.sql.exec('BEGIN IMMEDIATE');
    try {
      const result = await work();
      this.sql.exec('COMMIT');
      return result;
    } catch (error) {
      this.sql.exec('ROLLBACK');
      throw error;
    }
  }

  /** @param {string} tableName @param {Record<string, any>} value @returns {string} the new document's id */
  insert(tableName, value) {
    this.#requireFit(tableName, value);
    const _id = randomUUID().replaceAll('-', '');
    this.lastCreation = Math.max(Date.now(), this.lastCreation + 0.001);
    const document = { ...value, _id, _creationTime: this.lastCreation };
    this.sql.prepare(`INSERT INTO ${quoted(tableName)} VALUES (?, ?)`).run(_id, JSON.stringify(document));
    return _id;
  }

  /** @param {string} id @param {(document: any) => any} change null deletes */
  change(id, change) {
    for (const tableName of this.tables.keys()) {
      const row = this.sql.prepare(`SELECT document FROM ${quoted(tableName)} WHERE id = ?`).get(id);
      if (!row) continue;
      const { _id, _creationTime, ...value } = JSON.parse(String(row.document));
      const next = change(value);
      if (next === null) return void this.sql.prepare(`DELETE FROM ${quoted(tableName)} WHERE id = ?`).run(id);
      this.#requireFit(tableName, next);
      const text = JSON.stringify({ ...next, _id, _creationTime });
      return void this.sql.prepare(`UPDATE ${quoted(tableName)} SET document = ? WHERE id = ?`).run(text, id);
    }
    throw new Error(`there is no document ${id}`);
  }

  /**
   * @param {{indexName: string, range: {type: string, fieldPath: string, value: any}[], order: string | null,
   *   limit: number | null}} query indexName: "table.index" @returns {any[]} documents in the order of the index
   */
  find({ indexName, range, order, limit }) {
    const [tableName, name] = indexName.split('.');
    const index = this.tables.get(tableName)?.indexes.find(({ indexDescriptor }) => indexDescriptor === name);
    if (!index) throw new Error(`there is no index ${indexName}; add it to the schema`);
    if (range.some(({ type, fieldPath }, place) => type !== 'Eq' || fieldPath !== index.fields[place])) {
      throw new Error(`the stand-in finds by equal leading fields only; teach database.js about ${indexName}`);
    }
    const direction = order === 'desc' ? 'DESC' : 'ASC';
    const sql = [
      `SELECT document FROM ${quoted(tableName)}`,
      range.length ? `WHERE ${range.map(({ fieldPath }) => `${field(fieldPath)} = ?`).join(' AND ')}` : '',
      `ORDER BY ${[...index.fields, '_creationTime'].map((name) => `${field(name)} ${direction}`).join(', ')}`,
      limit === null ? '' : `LIMIT ${limit}`,
    ];
    const rows = this.sql.prepare(sql.join(' ')).all(...range.map(({ value }) => value));
    return rows.map(({ document }) => JSON.parse(String(document)));
  }

  /** @param {string} tableName @param {Table['indexes']} indexes */
  #create(tableName, indexes) {
    this.sql.exec(`CREATE TABLE IF NOT EXISTS ${quoted(tableName)} (id TEXT PRIMARY KEY, document TEXT NOT NULL)`);
    for (const { indexDescriptor, fields } of indexes) {
      const columns = [...fields, '_creationTime'].map(field).join(', ');
      const name = quoted(`${tableName}.${indexDescriptor}`);
      this.sql.exec(`CREATE INDEX IF NOT EXISTS ${name} ON ${quoted(tableName)} (${columns})`);
    }
  }

  /** @param {string} tableName @param {any} value */
  #requireFit(tableName, value) {
    const table = this.tables.get(tableName);
    if (!table) throw new Error(`there is no table ${tableName}; add it to the schema`);
    const problem = misfit(table.documentType, value, tableName);
    if (problem) throw new Error(`the document does not fit the schema: ${problem}`);
  }
}

/** @param {string} name */
function quoted(name) {
  if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) throw new Error(`${name} is no name of a table, index or field`);
  return `"${name}"`;
}

/** @param {string} name */
function field(name) {
  return `json_extract(document, '$.${quoted(name)}')`;
}
