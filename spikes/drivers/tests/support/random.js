/** A small seeded generator (mulberry32), so that a failing fuzz case can be run again. */

/** @param {number} seed */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** @param {number} below */
  const integer = (below) => Math.floor(next() * below);
  return {
    integer,
    /** @template T @param {T[]} list @returns {T} */
    pick: (list) => list[integer(list.length)],
    /** @template T @param {T[]} list @returns {T[]} */
    shuffled: (list) => {
      const copy = [...list];
      for (let index = copy.length - 1; index > 0; index -= 1) {
        const other = integer(index + 1);
        [copy[index], copy[other]] = [copy[other], copy[index]];
      }
      return copy;
    },
    /** @param {number} length @param {string} alphabet */
    text: (length, alphabet) => Array.from({ length }, () => alphabet[integer(alphabet.length)]).join(''),
  };
}
