/**
 * The rest of the in-memory Storage: contacts, cross-chain swaps, records of real-time sync.
 *
 * Role: completes the interface. A wallet in server mode that only pays does not call most of it, but an
 * incomplete Storage would fail in the middle of something else. Must not know: payments.
 */

export function createRecordStore() {
  return { ...createContacts(), ...createSwaps(), ...createSyncRecords() };
}

function createContacts() {
  /** @type {Map<string, any>} */
  const contacts = new Map();
  return {
    /** @param {any} request */
    listContacts: async (request) => {
      const sorted = [...contacts.values()].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
      const offset = request.offset ?? 0;
      return structuredClone(sorted.slice(offset, offset + (request.limit ?? sorted.length)));
    },
    /** @param {string} id @returns {Promise<any>} null if unknown */
    getContact: async (id) => structuredClone(contacts.get(id) ?? null),
    /** The date of creation survives an update. @param {any} contact */
    insertContact: async (contact) => {
      const createdAt = contacts.get(contact.id)?.createdAt ?? contact.createdAt;
      contacts.set(contact.id, { ...structuredClone(contact), createdAt });
    },
    /** @param {string} id */
    deleteContact: async (id) => void contacts.delete(id),
  };
}

function createSwaps() {
  /** @type {Map<string, any>} */
  const swaps = new Map();
  /** @param {string} provider @param {string} id */
  const key = (provider, id) => JSON.stringify([provider, id]);
  return {
    /** @param {any} swap */
    setCrossChainSwap: async (swap) => void swaps.set(key(swap.provider, swap.id), structuredClone(swap)),
    /** @param {string} provider @param {string} id @returns {Promise<any>} null if unknown */
    getCrossChainSwap: async (provider, id) => structuredClone(swaps.get(key(provider, id)) ?? null),
    /** @param {string} provider */
    listActiveCrossChainSwaps: async (provider) =>
      structuredClone([...swaps.values()].filter((swap) => swap.provider === provider && !swap.isTerminal)),
  };
}

/** Real-time sync: a queue of local changes, a queue of remote records, and the state both agree on. */
function createSyncRecords() {
  /** @type {any[]} changes not yet sent; localRevision numbers the queue, it is no server revision */
  let outgoing = [];
  /** @type {any[]} */
  let incoming = [];
  /** @type {Map<string, any>} */
  const state = new Map();
  let lastLocalRevision = 0;
  let lastRevision = 0;

  /** @param {{type: string, dataId: string}} id */
  const key = (id) => JSON.stringify([id.type, id.dataId]);
  /** @param {any} record the agreed state of one record */
  const keep = (record) => {
    state.set(key(record.id), structuredClone(record));
    lastRevision = Math.max(lastRevision, Number(record.revision));
  };
  /** @param {any} change */
  const withParent = (change) => structuredClone({ change, parent: state.get(key(change.id)) ?? null });

  return {
    /** @param {any} record @returns {Promise<number>} its place in the queue */
    syncAddOutgoingChange: async (record) => {
      lastLocalRevision += 1;
      outgoing.push({ ...structuredClone(record), localRevision: lastLocalRevision });
      return lastLocalRevision;
    },
    /** @param {any} record @param {number | bigint} localRevision */
    syncCompleteOutgoingSync: async (record, localRevision) => {
      outgoing = outgoing.filter(
        (change) => key(change.id) !== key(record.id) || change.localRevision !== Number(localRevision),
      );
      keep(record);
    },
    /** @param {number} limit */
    syncGetPendingOutgoingChanges: async (limit) => outgoing.slice(0, limit).map(withParent),
    syncGetLatestOutgoingChange: async () => (outgoing.length ? withParent(outgoing[outgoing.length - 1]) : null),
    syncGetLastRevision: async () => lastRevision,
    /** @param {any[]} records */
    syncInsertIncomingRecords: async (records) => {
      for (const record of records) {
        incoming = incoming.filter((known) => !sameRecord(known, record));
        incoming.push(structuredClone(record));
      }
      incoming.sort((a, b) => Number(a.revision) - Number(b.revision));
    },
    /** @param {any} record */
    syncDeleteIncomingRecord: async (record) => {
      incoming = incoming.filter((known) => !sameRecord(known, record));
    },
    /** @param {number} limit */
    syncGetIncomingRecords: async (limit) =>
      incoming
        .slice(0, limit)
        .map((record) => structuredClone({ newState: record, oldState: state.get(key(record.id)) ?? null })),
    /** @param {any} record */
    syncUpdateRecordFromIncoming: async (record) => keep(record),
  };
}

/** @param {any} a @param {any} b */
function sameRecord(a, b) {
  return a.id.type === b.id.type && a.id.dataId === b.id.dataId && Number(a.revision) === Number(b.revision);
}
