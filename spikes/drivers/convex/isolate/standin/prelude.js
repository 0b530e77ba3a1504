/**
 * The global scope of a function, put together inside its own context. A script, not a module: realm.js runs it in
 * every fresh context, with what may come from the host in a global that it takes away.
 *
 * Role: exactly the globals that Convex documents or was seen to have; what is not put here is absent, for a bare V8
 * context has no web API at all. Where Node's own class does, it is passed on; where Convex differs, it is changed
 * here. What comes from Node was made in another realm: `instanceof` is taught to know both.
 * Must not know: wallets, bundles.
 */
'use strict';
{
  const { host } = /** @type {any} */ (globalThis);
  delete (/** @type {any} */ (globalThis).host);
  const { node, env } = host;

  /** @param {Record<string, unknown>} values */
  const define = (values) => {
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    }
  };

  /** An answer of the host as a promise and errors of this realm. @param {(done: any, failed: any) => void} start */
  const promised = (start) =>
    new Promise((resolve, reject) => {
      start(resolve, (/** @type {any} */ { name, message }) => {
        const known = /** @type {any} */ ({ TypeError, RangeError, SyntaxError })[name];
        reject(known ? new known(message) : name === 'Error' ? new Error(message) : new DOMException(message, name));
      });
    });

  joinRealms();
  define(passedOn());
  define({ ...clocks(), ...collectors(), ...network(), ...timers(), ...encodings() });
  define({ crypto: cryptography(), console: sink(), performance: stopwatch(), process: { env: environment() } });
  define({ self: globalThis, Convex: convex() });
  Object.defineProperty(Atomics, 'wait', {
    value: () => {
      throw new TypeError('Atomics.wait cannot be called in this context');
    },
  });
  for (const name of ['compileStreaming', 'instantiateStreaming']) delete (/** @type {any} */ (WebAssembly)[name]);
  watchWasm();
  for (const name of host.without) delete (/** @type {any} */ (globalThis)[name]);

  /** An object that Node made counts as an instance of the class of the same name here. */
  function joinRealms() {
    const ordinary = Function.prototype[Symbol.hasInstance];
    for (const name of host.sharedIntrinsics) {
      const own = /** @type {any} */ (globalThis)[name];
      Object.defineProperty(own, Symbol.hasInstance, {
        value(/** @type {unknown} */ object) {
          return ordinary.call(this, object) || (this === own && object instanceof node[name]);
        },
      });
    }
  }

  function passedOn() {
    return Object.fromEntries(host.passedOn.map((/** @type {string} */ name) => [name, node[name]]));
  }

  /** At import the clock stands still. */
  function clocks() {
    const Native = Date;
    const now = () => host.now();
    const Clocked = new Proxy(Native, {
      construct: (target, args, self) => Reflect.construct(target, args.length ? args : [now()], self),
      apply: () => new Native(now()).toString(),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    });
    Native.prototype.constructor = Clocked;
    const { random } = Math;
    Math.random = () => host.randomNumber() ?? random();
    return { Date: Clocked };
  }

  /** Nothing is finalised in a context that lives for one call, and so nothing is collected either. */
  function collectors() {
    class FinalizationRegistry {
      register() {}
      unregister() {
        return false;
      }
    }
    class WeakRef {
      #target;
      /** @param {unknown} target */
      constructor(target) {
        this.#target = target;
      }
      deref() {
        return this.#target;
      }
    }
    return { FinalizationRegistry, WeakRef };
  }

  function network() {
    const KNOWN = ['method', 'headers', 'body', 'signal', 'redirect'];
    class Request extends node.Request {
      /** @param {any} input @param {any} [init] options that Convex does not know are ignored */
      constructor(input, init = {}) {
        const known = Object.fromEntries(KNOWN.filter((name) => init[name] != null).map((name) => [name, init[name]]));
        super(input, known.body instanceof ReadableStream ? { ...known, duplex: 'half' } : known);
      }
    }
    for (const name of ['mode', 'credentials', 'cache']) {
      Object.defineProperty(Request.prototype, name, {
        get() {
          throw new Error(`Not implemented: get ${name} for Request`);
        },
      });
    }
    const fetch = (/** @type {any} */ input, /** @type {any} */ init) =>
      promised((done, failed) => host.fetch(new Request(input, init), done, failed));
    return { fetch: async (/** @type {any[]} */ ...args) => fetch(args[0], args[1]), Request };
  }

  function timers() {
    const start =
      (/** @type {boolean} */ again) =>
      (/** @type {any} */ work, /** @type {number} */ ms, /** @type {any[]} */ ...args) => {
        if (typeof work !== 'function') throw new TypeError('a timer needs a function; text is not evaluated here');
        return host.startTimer(() => work(...args), ms, again);
      };
    const stop = (/** @type {number} */ id) => host.stopTimer(id);
    return { setTimeout: start(false), setInterval: start(true), clearTimeout: stop, clearInterval: stop };
  }

  function encodings() {
    class TextEncoder extends node.TextEncoder {
      encode(text = '') {
        return new Uint8Array(super.encode(text));
      }
    }
    /** @param {any} value @param {any} [options] */
    const structuredClone = (value, options) => {
      if (options?.transfer?.length) throw new DOMException('transfer is not supported', 'DataCloneError');
      return node.structuredClone(value);
    };
    return { TextEncoder, structuredClone };
  }

  function cryptography() {
    const { crypto } = node;
    const refused = (/** @type {string} */ what) => {
      throw new DOMException(`${what} is not supported`, 'NotSupportedError');
    };
    const named = (/** @type {any} */ algorithm) => String(algorithm?.name ?? algorithm).toUpperCase();
    const subtle = Object.fromEntries(
      host.subtle.map((/** @type {string} */ method) => [
        method,
        async (/** @type {any[]} */ ...args) => {
          const name = named(args[method === 'importKey' ? 2 : 0]);
          if (name === 'AES-KW' || (name === 'X25519' && method.startsWith('derive'))) refused(name);
          return promised((done, failed) => crypto.subtle[method](...args).then(done, failed));
        },
      ]),
    );
    return {
      subtle,
      getRandomValues: (/** @type {any} */ view) => host.randomBytes(view),
      randomUUID: () => host.randomUUID(),
    };
  }

  function sink() {
    const log =
      (/** @type {string} */ level) =>
      (/** @type {unknown[]} */ ...values) =>
        host.log(level, values);
    const levels = ['debug', 'info', 'log', 'warn', 'error', 'trace'];
    const nothing = ['time', 'timeLog', 'timeEnd', 'group', 'groupEnd', 'count', 'assert', 'table', 'dir'];
    return Object.fromEntries([
      ...levels.map((level) => [level, log(level)]),
      ...nothing.map((name) => [name, () => {}]),
    ]);
  }

  function stopwatch() {
    const { performance } = node;
    const methods = [
      'mark',
      'measure',
      'clearMarks',
      'clearMeasures',
      'getEntries',
      'getEntriesByName',
      'getEntriesByType',
    ];
    const bound = methods.map((name) => [name, (/** @type {any[]} */ ...args) => performance[name](...args)]);
    return { timeOrigin: performance.timeOrigin, now: () => host.stopwatch(), ...Object.fromEntries(bound) };
  }

  function environment() {
    const get = (/** @type {any} */ _, /** @type {string | symbol} */ name) =>
      typeof name === 'string' && Object.hasOwn(env, name) ? String(env[name]) : undefined;
    return new Proxy(
      {},
      {
        get,
        has: (_, name) => get(_, name) !== undefined,
        ownKeys: () => Object.keys(env),
        getOwnPropertyDescriptor: (_, name) =>
          get(_, name) === undefined ? undefined : { value: get(_, name), enumerable: true, configurable: true },
      },
    );
  }

  /** The system calls that npm convex makes, with texts on both sides. */
  function convex() {
    const syscall = (/** @type {string} */ op, /** @type {string} */ args) => {
      const { value, error } = host.syscall(op, args);
      if (error) throw new Error(error);
      return value;
    };
    const asyncSyscall = (/** @type {string} */ op, /** @type {string} */ args) =>
      promised((done, failed) => host.asyncSyscall(op, args, done, failed));
    /** @param {string} op @param {any} args */
    const jsSyscall = (op, args) => {
      if (op === 'requestFromConvexJson') {
        const { url, method, headers, body } = args.convexJson;
        return new Request(url, {
          method,
          headers,
          body: body === null ? null : /** @type {any} */ (Uint8Array).fromBase64(body),
        });
      }
      if (op === 'convexJsonFromResponse') {
        if (!(args.response instanceof Response)) throw new Error('an HTTP action must return a Response');
        host.response(args.response);
        return { status: args.response.status };
      }
      throw new Error(`the stand-in has no jsSyscall ${op}; teach prelude.js about it`);
    };
    return { syscall, asyncSyscall, jsSyscall };
  }

  /** Reports the memory of instances, as the allocator of the context does not count it. Nothing is changed by it. */
  function watchWasm() {
    WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
      construct(target, args, self) {
        const instance = Reflect.construct(target, args, self);
        for (const part of Object.values(instance.exports))
          if (part instanceof WebAssembly.Memory) host.wasmMemory(part);
        return instance;
      },
    });
  }
}
