/**
 * Loads the SDK's Node build, as published.
 *
 * Role: hands the module to the wallet. The build keeps its wasm memory to itself; to report its size, the
 * host watches the one WebAssembly.Instance that is made during the import. Nothing of the package is changed.
 * Must not know: what the module is used for.
 */

/** @type {Promise<import('../wallet/session.js').LoadedSdk> | undefined} */
let loaded;

/** @returns {Promise<import('../wallet/session.js').LoadedSdk>} the same for every caller, as the module is */
export function loadSdk() {
  loaded ??= load();
  return loaded;
}

/** @returns {Promise<import('../wallet/session.js').LoadedSdk>} */
async function load() {
  /** @type {WebAssembly.Memory | undefined} */
  let memory;
  const original = WebAssembly.Instance;
  WebAssembly.Instance = new Proxy(original, {
    construct(target, args) {
      const instance = Reflect.construct(target, args);
      if (instance.exports.memory instanceof WebAssembly.Memory) memory ??= instance.exports.memory;
      return instance;
    },
  });
  try {
    const { default: sdk } = await import('@breeztech/breez-sdk-spark/nodejs');
    return { sdk, memoryBytes: () => memory?.buffer.byteLength ?? null };
  } finally {
    WebAssembly.Instance = original;
  }
}
