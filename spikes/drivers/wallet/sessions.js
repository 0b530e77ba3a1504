/**
 * The SDK's SessionStore, in memory: authentication tokens of operators and service provider.
 *
 * Role: lets every build in the isolate share tokens, which halves the requests of a second sync.
 * Must not know: what a token is good for. Tokens are secrets: they are never written anywhere.
 */

export function createSessionStore() {
  /** @type {Map<string, {token: string, expiration: number}>} service identity key -> session */
  const sessions = new Map();
  return {
    /** @param {string} serviceIdentityKey the SDK expects exactly this error object for "none yet" */
    getSession: async (serviceIdentityKey) => {
      const session = sessions.get(serviceIdentityKey);
      if (!session) throw { type: 'notFound' };
      return { ...session };
    },
    /** @param {string} serviceIdentityKey @param {{token: string, expiration: number}} session */
    setSession: async (serviceIdentityKey, session) => void sessions.set(serviceIdentityKey, { ...session }),
  };
}
