/**
 * A Shelf in the database of a Convex deployment.
 *
 * Role: runs synchronous work over a database that only answers asynchronously. A run that asks for what is not here
 * yet is a rehearsal: it goes on as if there were nothing, so that it asks for as much as possible, and nothing comes
 * of it. Then everything asked for so far is read as of one moment, and the work runs again. What it wrote is
 * committed if nothing that it read has changed meanwhile; else it runs again on what is there now.
 * Must not know: wallets, which of Convex's runtimes this is.
 */

import { makeFunctionReference } from 'convex/server';

import { requireSynchronous, toJson } from '../../wallet/shelf.js';

const READ = makeFunctionReference('shelf:read');
const COMMIT = makeFunctionReference('shelf:commit');
/** A commit fails only because another one succeeded, so this many others would have to come first. */
const CONFLICTS_AT_MOST = 64;

/**
 * @typedef {{runQuery: (reference: any, args: any) => Promise<any>,
 *   runMutation: (reference: any, args: any) => Promise<any>}} Context of an action
 * @typedef {import('../../wallet/shelf.js').Tx} Tx
 * @typedef {{table: string, key: string, value: string | null}} Write
 */

export class ConvexShelf {
  /** @param {{ctx: Context, scope: string}} options scope: which wallet's shelf of this deployment */
  constructor({ ctx, scope }) {
    this.ctx = ctx;
    this.scope = scope;
    this.durability = /** @type {const} */ ('database');
  }

  /** @template T @param {(tx: Tx) => T} work synchronous; may run more than once @returns {Promise<T>} */
  async transaction(work) {
    const seen = new Snapshot();
    for (let conflicts = 0; conflicts <= CONFLICTS_AT_MOST; conflicts += 1) {
      const { result, writes } = await this.#run(work, seen);
      if (writes.length === 0) return result; // what was read is of one moment: there is nothing to compare
      const { committed } = await this.ctx.runMutation(COMMIT, { scope: this.scope, ...seen.versions(), writes });
      if (committed) return result;
      await this.#read(seen);
    }
    throw new Error(`the shelf was changed by others ${CONFLICTS_AT_MOST} times in a row; ask again`);
  }

  /** @template T @param {(tx: Tx) => T} work @param {Snapshot} seen */
  async #run(work, seen) {
    for (;;) {
      const tx = new SnapshotTx(seen);
      try {
        const result = requireSynchronous(work(tx));
        if (!tx.isRehearsal) return { result, writes: tx.writes() };
      } catch (thrown) {
        if (!tx.isRehearsal) throw thrown;
      }
      await this.#read(seen);
    }
  }

  /** Reads everything that was asked for so far, as of now. @param {Snapshot} seen */
  async #read(seen) {
    seen.fill(await this.ctx.runQuery(READ, { scope: this.scope, ...seen.wanted() }));
  }
}

/** What is known of the database, as of one moment. Values are JSON texts; null where there is no row. */
class Snapshot {
  constructor() {
    /** @type {Map<string, {table: string, key: string, version: number, value: string | null} | null>} null: wanted */
    this.rows = new Map();
    /** @type {Map<string, {revision: number, rows: {key: string, value: string}[]} | null>} */
    this.tables = new Map();
  }

  /** @param {string} table @param {string} key */
  row(table, key) {
    const place = placeOf(table, key);
    const row = this.rows.get(place);
    if (!row) this.rows.set(place, null);
    return row ?? null;
  }

  /** @param {string} table */
  list(table) {
    const list = this.tables.get(table);
    if (!list) this.tables.set(table, null);
    return list ?? null;
  }

  wanted() {
    const places = [...this.rows.keys()].map((place) => JSON.parse(place)).map(([table, key]) => ({ table, key }));
    return { places, tables: [...this.tables.keys()] };
  }

  /** @param {{rows: any[], tables: any[]}} answer */
  fill({ rows, tables }) {
    for (const row of rows) this.rows.set(placeOf(row.table, row.key), row);
    for (const { table, revision, rows: list } of tables) this.tables.set(table, { revision, rows: list });
  }

  versions() {
    const rows = [...this.rows.values()].filter((row) => row !== null);
    const tables = [...this.tables].map(([table, list]) => ({ table, revision: list?.revision ?? 0 }));
    return { rows: rows.map(({ table, key, version }) => ({ table, key, version })), tables };
  }
}

/** One run of the work. Reads see what this run has written. */
class SnapshotTx {
  /** @param {Snapshot} seen */
  constructor(seen) {
    this.seen = seen;
    this.isRehearsal = false;
    /** @type {Map<string, Write & {anew: boolean}>} in order of insertion; anew: deleted and written again */
    this.written = new Map();
  }

  /** @param {string} table @param {string} key @returns {any} a copy, null if there is none */
  get(table, key) {
    const written = this.written.get(placeOf(table, key));
    if (written) return parsed(written.value);
    const row = this.seen.row(table, key);
    this.isRehearsal ||= row === null;
    return parsed(row?.value ?? null);
  }

  /** @param {string} table @param {string} key @param {any} value */
  put(table, key, value) {
    this.#write(table, key, toJson(value));
  }

  /** @param {string} table @param {string} key */
  delete(table, key) {
    this.#write(table, key, null);
  }

  /** @param {string} table @returns {[string, any][]} in order of insertion */
  list(table) {
    const list = this.seen.list(table);
    this.isRehearsal ||= list === null;
    const rows = new Map(list?.rows.map(({ key, value }) => [key, value]));
    for (const write of this.written.values()) {
      if (write.table !== table) continue;
      if (write.anew || write.value === null) rows.delete(write.key);
      if (write.value !== null) rows.set(write.key, write.value);
    }
    return [...rows].map(([key, value]) => [key, parsed(value)]);
  }

  /** For the mutation: what was deleted and written again is inserted again, at the end. @returns {Write[]} */
  writes() {
    return [...this.written.values()].flatMap(({ table, key, value, anew }) => [
      ...(anew ? [{ table, key, value: null }] : []),
      { table, key, value },
    ]);
  }

  /** @param {string} table @param {string} key @param {string | null} value */
  #write(table, key, value) {
    const place = placeOf(table, key);
    const before = this.written.get(place);
    const anew = value !== null && before !== undefined && (before.anew || before.value === null);
    if (anew && !before.anew) this.written.delete(place);
    this.written.set(place, { table, key, value, anew });
  }
}

/** @param {string} table @param {string} key */
function placeOf(table, key) {
  return JSON.stringify([table, key]);
}

/** @param {string | null} text */
function parsed(text) {
  return text === null ? null : JSON.parse(text);
}
