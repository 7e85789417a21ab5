// Runs in a mount namespace of its own with a small /dev/shm, which it fills with pages until there is no room.
import { readdirSync, statfsSync } from 'node:fs';
import { BackRing, createPage, FrontRing } from 'ctrl-if/ring';

const { engine } = JSON.parse(process.argv[2]);
if (statfsSync('/dev/shm').blocks > 64) throw new Error('this is the real /dev/shm');
const pages = [];
let failure;
while (!failure) {
  try {
    // The last page would be too large by exactly one block.
    pages.push(createPage(`/fill.${pages.length}`, 3 * 4096, engine));
  } catch (error) {
    failure = { code: error.code, message: error.message };
  }
}
// Every reserved byte exists: no SIGBUS when it is touched.
for (const page of pages) {
  page.write(0, new Uint8Array(page.bytes).fill(0xff));
  page.write(0, new Uint8Array(page.bytes));
  const front = new FrontRing(page);
  const back = new BackRing(page);
  front.push(Uint8Array.of(1));
  front.flush();
  if (back.pop()?.[0] !== 1) throw new Error('a page of a full shared memory does not work');
}
process.send({ failure, made: pages.length, names: readdirSync('/dev/shm').length }, () => process.disconnect());
