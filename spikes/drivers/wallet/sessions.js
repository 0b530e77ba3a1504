/**
 * The SDK's SessionStore, on the shelf: authentication tokens of operators and service provider.
 *
 * Role: lets every build share tokens, which halves the requests of a second sync.
 * Must not know: what a token is good for. Tokens are secrets: they go nowhere but on the shelf.
 */

import { decodeRow, encodeRow } from './storage_rows.js';

const TABLE = 'sdk_sessions';

/** @param {import('./shelf.js').Shelf} shelf */
export function createSessionStore(shelf) {
  return {
    /** @param {string} serviceIdentityKey the SDK expects exactly this error object for "none yet" */
    getSession: async (serviceIdentityKey) => {
      const row = await shelf.transaction((tx) => tx.get(TABLE, serviceIdentityKey));
      if (row === null) throw { type: 'notFound' };
      return decodeRow(row);
    },
    /** @param {string} serviceIdentityKey @param {{token: string, expiration: number}} session */
    setSession: async (serviceIdentityKey, session) => {
      const row = encodeRow(session);
      await shelf.transaction((tx) => tx.put(TABLE, serviceIdentityKey, row));
    },
  };
}
