/**
 * Tables of a Convex deployment that keeps a wallet's shelf.
 *
 * `scope` tells wallets apart that share a deployment. `version` and `sequence` are drawn from the revision of the
 * table that the row stands in: a row that was deleted and written anew never has an old version again.
 */

import { defineSchema, defineTable } from 'convex/server';
import { v } from 'convex/values';

export default defineSchema({
  shelf: defineTable({
    scope: v.string(),
    table: v.string(),
    key: v.string(),
    value: v.string(), // JSON text: Convex's own objects allow fewer field names than JSON does
    version: v.number(),
    sequence: v.number(),
  })
    .index('by_key', ['scope', 'table', 'key'])
    .index('by_sequence', ['scope', 'table', 'sequence']),
  shelf_tables: defineTable({ scope: v.string(), table: v.string(), revision: v.number() }).index('by_table', [
    'scope',
    'table',
  ]),
});
