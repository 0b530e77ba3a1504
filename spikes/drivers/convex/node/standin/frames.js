/**
 * JSON frames over a duplex stream, one a line.
 *
 * Role: the talk between the host and its Node process, the same code at both ends (Node 20 to 24).
 * Must not know: what the frames mean.
 */

/**
 * @param {import('node:stream').Duplex} stream
 * @param {(frame: any) => void} onFrame
 * @returns {(frame: object, written?: () => void) => void} sends one; what the other end no longer reads is dropped
 */
export function frames(stream, onFrame) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (/** @type {string} */ text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onFrame(JSON.parse(line));
  });
  return (frame, written) => {
    if (stream.writable) stream.write(`${JSON.stringify(frame)}\n`, () => written?.());
  };
}
