/** Shelves: one behaviour in memory, in a SQL database and on the disk; and what the disk adds to it. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';

import { database, openDiskShelf } from '../node/disk_shelf.js';
import { MemoryShelf } from '../wallet/shelf.js';
import { SqlShelf } from '../wallet/shelf_sql.js';
import { shelfSuite } from './support/shelf_suite.js';

/** @param {import('node:test').TestContext} t */
function directory(t) {
  const path = mkdtempSync(join(tmpdir(), 'sparkgate-shelf-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const inMemory = () => new SqlShelf({ database: database(new DatabaseSync(':memory:')), durability: 'object' });

shelfSuite('memory', () => new MemoryShelf());
shelfSuite('sql', inMemory);
shelfSuite('disk', (t) => openDiskShelf(directory(t)));

test('what is on the disk is there again, for its owner only', async (t) => {
  const path = join(directory(t), 'state');
  mkdirSync(path, { mode: 0o755 });
  const shelf = openDiskShelf(path);
  await shelf.transaction((tx) => tx.put('t', 'k', 'kept'));
  const again = openDiskShelf(path);
  assert.deepEqual([again.durability, await again.transaction((tx) => tx.get('t', 'k'))], ['disk', 'kept']);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  for (const file of ['wallet.sqlite', 'wallet.sqlite-wal', 'wallet.sqlite-shm']) {
    assert.equal(statSync(join(path, file)).mode & 0o777, 0o600, file);
  }
  chmodSync(join(path, 'wallet.sqlite'), 0o644);
  openDiskShelf(path);
  assert.equal(statSync(join(path, 'wallet.sqlite')).mode & 0o777, 0o600, 'also if somebody had opened it up');
});

test('two on one file: each sees what the other has committed, and none of it gets lost', async (t) => {
  const path = directory(t);
  const [first, second] = [openDiskShelf(path), openDiskShelf(path)];
  const add = (/** @type {SqlShelf} */ shelf) =>
    shelf.transaction((tx) => tx.put('t', 'n', (tx.get('t', 'n') ?? 0) + 1));
  for (let round = 0; round < 10; round += 1) await Promise.all([add(first), add(second), add(first)]);
  assert.equal(await second.transaction((tx) => tx.get('t', 'n')), 30);
});

/** @param {string} path @param {RegExp} says */
function refused(path, says) {
  assert.throws(
    () => openDiskShelf(path),
    (/** @type {any} */ error) => {
      assert.deepEqual([error.code, error.message.includes('\n')], ['config_error', false]);
      assert.match(error.message, says);
      assert.equal(error.message.includes(path), false);
      return true;
    },
  );
}

test('a file that is no database, or a damaged one, is refused and left as it is', async (t) => {
  const path = directory(t);
  const file = join(path, 'wallet.sqlite');
  writeFileSync(file, 'these are notes about something else\n'.repeat(100));
  const before = readFileSync(file);
  refused(path, /file is not a database.*nothing in it was changed/);
  assert.deepEqual(readFileSync(file), before);

  const damaged = directory(t);
  const shelf = openDiskShelf(damaged);
  await shelf.transaction((tx) => {
    for (let index = 0; index < 500; index += 1) tx.put('t', `key-${index}`, 'x'.repeat(200));
  });
  shelf.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const whole = readFileSync(join(damaged, 'wallet.sqlite'));
  const scratched = Buffer.from(whole).fill(0xff, 40_960, 45_056);
  for (const left of [whole.subarray(0, 40_960), scratched]) {
    writeFileSync(join(damaged, 'wallet.sqlite'), left);
    refused(damaged, /malformed|damaged/);
    assert.deepEqual(readFileSync(join(damaged, 'wallet.sqlite')), left);
  }
});

test('a place that cannot be written to is refused', (t) => {
  const path = directory(t);
  writeFileSync(join(path, 'file'), '');
  refused(join(path, 'file'), /EEXIST|ENOTDIR/);
  mkdirSync(join(path, 'wallet.sqlite'));
  refused(path, /EISDIR/);
});

test('a shelf of another format is refused, whatever is on it', async (t) => {
  const path = directory(t);
  await openDiskShelf(path).transaction((tx) => tx.put('shelf', 'format', 2));
  refused(path, /format 2.*knows 1/);
});

test('putting what is there already writes nothing', async (t) => {
  const path = directory(t);
  const shelf = openDiskShelf(path);
  const put = () => shelf.transaction((tx) => tx.put('t', 'k', { same: true }));
  await put();
  const { size } = statSync(join(path, 'wallet.sqlite-wal'));
  await put();
  assert.equal(statSync(join(path, 'wallet.sqlite-wal')).size, size);
});
