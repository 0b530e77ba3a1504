/** Queries and mutations that a deployment must refuse or end. */

import { internalMutationGeneric, internalQueryGeneric } from 'convex/server';
import { v } from 'convex/values';

export const spin = internalMutationGeneric({
  args: { seconds: v.number() },
  handler: async ({ db }, { seconds }) => {
    await db.insert('shelf_tables', { scope: 'probe', table: 'spin', revision: 1 });
    // The clock stands still in a mutation: count work instead.
    for (let round = 0; round < seconds * 1e9; round += 1);
    return null;
  },
});

export const write = internalQueryGeneric({
  args: {},
  handler: async ({ db }) =>
    /** @type {any} */ (db).insert('shelf_tables', { scope: 'probe', table: 'x', revision: 1 }),
});

export const fetches = internalMutationGeneric({
  args: {},
  handler: async () => (await fetch('http://127.0.0.1:9/')).status,
});

export const misfit = internalMutationGeneric({
  args: {},
  handler: ({ db }) => db.insert('shelf_tables', { scope: 'probe', table: 'x' }),
});
