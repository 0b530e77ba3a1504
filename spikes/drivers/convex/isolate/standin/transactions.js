/**
 * System calls of queries and mutations: the database as npm `convex/server` asks for it.
 *
 * Role: texts in, texts out. Queries are streams by number, which live as long as the call. Must not know: contexts.
 */

export class TransactionCalls {
  /** @param {{database: import('./database.js').Database, writes: boolean}} options writes: this is a mutation */
  constructor({ database, writes }) {
    this.database = database;
    this.writes = writes;
    /** @type {Map<number, {query: any, documents: any[] | null}>} */
    this.streams = new Map();
  }

  /** @param {string} op @param {string} argsJson @returns {string} */
  syscall(op, argsJson) {
    const args = JSON.parse(argsJson);
    switch (op) {
      case '1.0/queryStream': {
        const queryId = this.streams.size;
        this.streams.set(queryId, { query: plan(args.query), documents: null });
        return JSON.stringify({ queryId });
      }
      case '1.0/queryCleanup':
        return JSON.stringify(null);
      default:
        throw unknown(op);
    }
  }

  /** @param {string} op @param {string} argsJson @returns {string} */
  asyncSyscall(op, argsJson) {
    const args = JSON.parse(argsJson);
    if (op === '1.0/queryStreamNext') return JSON.stringify(this.#next(args.queryId));
    if (!this.writes) throw new Error('a query only reads');
    const { id, table, value } = args;
    switch (op) {
      case '1.0/insert':
        return JSON.stringify({ _id: this.database.insert(table, value) });
      case '1.0/shallowMerge':
        this.database.change(id, (/** @type {any} */ document) => merged(document, value));
        return JSON.stringify(null);
      case '1.0/replace':
        this.database.change(id, () => value);
        return JSON.stringify(null);
      case '1.0/remove':
        this.database.change(id, () => null);
        return JSON.stringify(null);
      default:
        throw unknown(op);
    }
  }

  /** @param {number} queryId @returns {{value: any, done: boolean}} */
  #next(queryId) {
    const stream = this.streams.get(queryId);
    if (!stream) throw new Error(`there is no query ${queryId}`);
    stream.documents ??= this.database.find(stream.query);
    const document = stream.documents.shift();
    return { value: document ?? null, done: document === undefined };
  }
}

/** @param {any} query as npm convex serialises it */
function plan({ source, operators }) {
  if (source.type !== 'IndexRange') throw unknown(`query over ${source.type}`);
  const limits = operators.map((/** @type {any} */ operator) => {
    if (!Number.isInteger(operator.limit)) throw unknown('query with a filter');
    return operator.limit;
  });
  const { indexName, range, order } = source;
  return { indexName, range, order, limit: limits.length ? Math.min(...limits) : null };
}

/** A field set to "undefined" is taken away. @param {any} document @param {any} patch */
function merged(document, patch) {
  const isGone = (/** @type {any} */ value) => value !== null && typeof value === 'object' && '$undefined' in value;
  return Object.fromEntries(Object.entries({ ...document, ...patch }).filter(([, value]) => !isGone(value)));
}

/** @param {string} what */
function unknown(what) {
  return new Error(`the stand-in has no ${what}; teach transactions.js about it`);
}
