/**
 * The two internal functions behind a ConvexShelf: read as of one moment, and write if nothing read has changed.
 *
 * Role: Convex runs each as one transaction. `commit` compares what its caller saw with what is there now, and writes
 * everything or nothing. Must not know: wallets. No wasm is imported here: a query or mutation has one second, and
 * would pay for it each time.
 */

import { internalMutationGeneric, internalQueryGeneric } from 'convex/server';
import { v } from 'convex/values';

const place = { table: v.string(), key: v.string() };

/** Rows by place (version 0: there is none), and whole tables in the order of insertion. */
export const read = internalQueryGeneric({
  args: { scope: v.string(), places: v.array(v.object(place)), tables: v.array(v.string()) },
  handler: async ({ db }, { scope, places, tables }) => ({
    rows: await Promise.all(
      places.map(async ({ table, key }) => {
        const row = await find(db, scope, table, key);
        return { table, key, version: row?.version ?? 0, value: row?.value ?? null };
      }),
    ),
    tables: await Promise.all(
      tables.map(async (table) => {
        const revision = (await findTable(db, scope, table))?.revision ?? 0;
        const rows = await db
          .query('shelf')
          .withIndex('by_sequence', (/** @type {any} */ range) => range.eq('scope', scope).eq('table', table))
          .collect();
        return { table, revision, rows: rows.map(({ key, version, value }) => ({ key, version, value })) };
      }),
    ),
  }),
});

/** Writes in the order given (value null: delete) if every row and table is still as it was seen. */
export const commit = internalMutationGeneric({
  args: {
    scope: v.string(),
    rows: v.array(v.object({ ...place, version: v.number() })),
    tables: v.array(v.object({ table: v.string(), revision: v.number() })),
    writes: v.array(v.object({ ...place, value: v.union(v.string(), v.null()) })),
  },
  handler: async ({ db }, { scope, rows, tables, writes }) => {
    for (const { table, key, version } of rows) {
      if (((await find(db, scope, table, key))?.version ?? 0) !== version) return { committed: false };
    }
    for (const { table, revision } of tables) {
      if (((await findTable(db, scope, table))?.revision ?? 0) !== revision) return { committed: false };
    }
    for (const table of new Set(writes.map((write) => write.table))) {
      await writeTable(
        db,
        scope,
        table,
        writes.filter((write) => write.table === table),
      );
    }
    return { committed: true };
  },
});

/** @param {any} db @param {string} scope @param {string} table @param {{key: string, value: string | null}[]} writes */
async function writeTable(db, scope, table, writes) {
  const known = await findTable(db, scope, table);
  let revision = known?.revision ?? 0;
  for (const { key, value } of writes) {
    revision += 1;
    const row = await find(db, scope, table, key);
    if (value === null) {
      if (row) await db.delete(row._id);
    } else if (row) {
      await db.patch(row._id, { value, version: revision });
    } else {
      await db.insert('shelf', { scope, table, key, value, version: revision, sequence: revision });
    }
  }
  if (known) await db.patch(known._id, { revision });
  else await db.insert('shelf_tables', { scope, table, revision });
}

/** @param {any} db @param {string} scope @param {string} table @param {string} key */
function find(db, scope, table, key) {
  return db
    .query('shelf')
    .withIndex('by_key', (/** @type {any} */ range) => range.eq('scope', scope).eq('table', table).eq('key', key))
    .unique();
}

/** @param {any} db @param {string} scope @param {string} table */
function findTable(db, scope, table) {
  return db
    .query('shelf_tables')
    .withIndex('by_table', (/** @type {any} */ range) => range.eq('scope', scope).eq('table', table))
    .unique();
}
