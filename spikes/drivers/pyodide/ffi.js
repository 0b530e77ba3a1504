/**
 * Two calls that Python cannot make itself, because of what Pyodide does to what they return.
 *
 * Role: part of what the host gives to worker.py, which says why. Must not know: what is called.
 */

/**
 * Calls a method. The result comes in a box: of a promise that a call returns, Pyodide makes a Python future.
 * @param {any} target @param {string} name @param {any[]} values
 */
export function boxed(target, name, ...values) {
  return { value: target[name](...values) };
}

/**
 * A callable with its first arguments given. Function.prototype.bind will not do: Pyodide takes what it returns for a
 * proxy of its own, finds that it is none, and ends.
 * @param {(...values: any[]) => any} callable @param {any[]} first
 */
export function partial(callable, ...first) {
  return (/** @type {any[]} */ ...rest) => callable(...first, ...rest);
}
