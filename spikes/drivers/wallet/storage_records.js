/**
 * The rest of the Storage: contacts, cross-chain swaps, records of real-time sync.
 *
 * Role: completes the interface. A wallet in server mode that only pays does not call most of it, but an
 * incomplete Storage would fail in the middle of something else. Must not know: payments.
 */

import { rows } from './storage_rows.js';

/** @typedef {import('./shelf.js').Tx} Tx @typedef {import('./shelf.js').Shelf} Shelf */

/** @param {Shelf} shelf */
export function createRecordStore(shelf) {
  return { ...createContacts(shelf), ...createSwaps(shelf), ...createOutgoing(shelf), ...createIncoming(shelf) };
}

/** @param {Shelf} shelf */
function createContacts(shelf) {
  const contacts = (/** @type {Tx} */ tx) => rows(tx, 'sdk_contacts');
  return {
    /** @param {any} request */
    listContacts: (request) =>
      shelf.transaction((tx) => {
        const sorted = contacts(tx).all();
        sorted.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
        const offset = request.offset ?? 0;
        return sorted.slice(offset, offset + (request.limit ?? sorted.length));
      }),
    /** @param {string} id @returns {Promise<any>} null if unknown */
    getContact: (id) => shelf.transaction((tx) => contacts(tx).get(id)),
    /** The date of creation survives an update. @param {any} contact */
    insertContact: (contact) =>
      shelf.transaction((tx) => {
        const createdAt = contacts(tx).get(contact.id)?.createdAt ?? contact.createdAt;
        contacts(tx).put(contact.id, { ...contact, createdAt });
      }),
    /** @param {string} id */
    deleteContact: (id) => shelf.transaction((tx) => contacts(tx).delete(id)),
  };
}

/** @param {Shelf} shelf */
function createSwaps(shelf) {
  const swaps = (/** @type {Tx} */ tx) => rows(tx, 'sdk_swaps');
  /** @param {string} provider @param {string} id */
  const key = (provider, id) => JSON.stringify([provider, id]);
  return {
    /** @param {any} swap */
    setCrossChainSwap: (swap) => shelf.transaction((tx) => swaps(tx).put(key(swap.provider, swap.id), swap)),
    /** @param {string} provider @param {string} id @returns {Promise<any>} null if unknown */
    getCrossChainSwap: (provider, id) => shelf.transaction((tx) => swaps(tx).get(key(provider, id))),
    /** @param {string} provider */
    listActiveCrossChainSwaps: (provider) =>
      shelf.transaction((tx) =>
        swaps(tx)
          .all()
          .filter((swap) => swap.provider === provider && !swap.isTerminal),
      ),
  };
}

/** Real-time sync: a queue of local changes, a queue of remote records, and the state both agree on. */
const REVISIONS = 'sdk_sync_revisions';
/** Changes not yet sent; localRevision numbers the queue, it is no server revision. @param {Tx} tx */
const outgoing = (tx) => rows(tx, 'sdk_sync_outgoing');
/** @param {Tx} tx */
const incoming = (tx) => rows(tx, 'sdk_sync_incoming');
/** @param {Tx} tx */
const agreed = (tx) => rows(tx, 'sdk_sync_state');
/** @param {{type: string, dataId: string}} id */
const recordKey = (id) => JSON.stringify([id.type, id.dataId]);

/** @param {Shelf} shelf */
function createOutgoing(shelf) {
  /** @param {Tx} tx @param {any} change */
  const withParent = (tx, change) => ({ change, parent: agreed(tx).get(recordKey(change.id)) });
  return {
    /** @param {any} record @returns {Promise<number>} its place in the queue */
    syncAddOutgoingChange: (record) =>
      shelf.transaction((tx) => {
        const localRevision = revision(tx, 'local') + 1;
        tx.put(REVISIONS, 'local', localRevision);
        outgoing(tx).put(String(localRevision), { ...record, localRevision });
        return localRevision;
      }),
    /** @param {any} record @param {number | bigint} localRevision */
    syncCompleteOutgoingSync: (record, localRevision) =>
      shelf.transaction((tx) => {
        const sent = outgoing(tx).get(String(localRevision));
        if (sent && recordKey(sent.id) === recordKey(record.id)) outgoing(tx).delete(String(localRevision));
        agree(tx, record);
      }),
    /** @param {number} limit */
    syncGetPendingOutgoingChanges: (limit) =>
      shelf.transaction((tx) =>
        outgoing(tx)
          .all()
          .slice(0, limit)
          .map((change) => withParent(tx, change)),
      ),
    syncGetLatestOutgoingChange: () =>
      shelf.transaction((tx) => {
        const last = outgoing(tx).all().at(-1);
        return last ? withParent(tx, last) : null;
      }),
  };
}

/** @param {Shelf} shelf */
function createIncoming(shelf) {
  /** @param {any} record */
  const key = (record) => JSON.stringify([recordKey(record.id), Number(record.revision)]);
  return {
    syncGetLastRevision: () => shelf.transaction((tx) => revision(tx, 'agreed')),
    /** @param {any[]} records */
    syncInsertIncomingRecords: (records) =>
      shelf.transaction((tx) => {
        for (const record of records) incoming(tx).put(key(record), record);
      }),
    /** @param {any} record */
    syncDeleteIncomingRecord: (record) => shelf.transaction((tx) => incoming(tx).delete(key(record))),
    /** @param {number} limit */
    syncGetIncomingRecords: (limit) =>
      shelf.transaction((tx) => {
        const sorted = incoming(tx).all();
        sorted.sort((a, b) => Number(a.revision) - Number(b.revision));
        return sorted
          .slice(0, limit)
          .map((record) => ({ newState: record, oldState: agreed(tx).get(recordKey(record.id)) }));
      }),
    /** @param {any} record */
    syncUpdateRecordFromIncoming: (record) => shelf.transaction((tx) => agree(tx, record)),
  };
}

/** @param {Tx} tx @param {any} record the agreed state of one record */
function agree(tx, record) {
  agreed(tx).put(recordKey(record.id), record);
  tx.put(REVISIONS, 'agreed', Math.max(revision(tx, 'agreed'), Number(record.revision)));
}

/** @param {Tx} tx @param {'local' | 'agreed'} which @returns {number} */
function revision(tx, which) {
  return tx.get(REVISIONS, which) ?? 0;
}
