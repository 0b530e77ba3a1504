/**
 * Reads the beginning of a body, and never more of it than asked for.
 *
 * Must not know: what is in it, who sent it.
 */

/**
 * @param {Response} response @param {number} limit in bytes
 * @returns {Promise<{bytes: Uint8Array, truncated: boolean}>} truncated: there was more, which is not downloaded
 */
export async function readBeginning(response, limit) {
  const bytes = new Uint8Array(limit);
  let length = 0;
  let truncated = false;
  for await (const chunk of response.body ?? []) {
    const room = limit - length;
    bytes.set(chunk.subarray(0, room), length);
    length += Math.min(chunk.length, room);
    truncated = chunk.length > room;
    if (truncated) break; // leaving the loop cancels the stream
  }
  return { bytes: bytes.subarray(0, length), truncated };
}

/** A body that nobody wants. That it broke off meanwhile is no trouble. @param {Response} response */
export async function discard(response) {
  await response.body?.cancel().catch(() => {});
}
