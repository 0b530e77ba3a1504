/**
 * `Uint8Array.fromBase64` for Node 20, 22 and 24, which do not have it yet.
 *
 * Role: Convex's bundler turns an imported .wasm file into base64 text and that call, for Node too; this module has to
 * be imported before the .wasm file. Must not know: what is decoded.
 */

// @ts-expect-error -- newer than the library that types are taken from
Uint8Array.fromBase64 ??= (/** @type {string} */ text) => new Uint8Array(Buffer.from(text, 'base64'));
