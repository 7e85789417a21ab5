/** `docs/devices.md`, made from the tables: what is drawn there is what runs. */
import { markdownTable } from '../markdown-table.ts';
import { BACKEND_REFUSALS } from './backend/table.ts';
import { BLOCK_REFUSALS } from './block/backend-table.ts';
import { type AnyTable, type Cell, cellOf } from './table.ts';
import { TABLES } from './tables.ts';
import { USB_REFUSALS } from './usb/backend-table.ts';

type AnyCell = Cell<string, string, string>;

const INTRODUCTION = `# Devices

Made by \`node scripts/render-devices.mjs\` from the tables in \`lib/device\`; a test holds the two together. A cell says what is
done, in order; then **the next state**, where it is another; then _who is told what_. An empty cell does nothing. Events in
capitals are messages or their statuses, the others come from the machine's own side; what each word does stands beside the table in the code.

## Extending a backend

\`BlockBackend\`, \`NetworkBackend\` and \`UsbBackend\` (\`ctrl-if/device\`) answer the controller as their tables say. A data path is a subclass
with the hooks that it needs:

| hook                    | when                                                       | what it may do                                                     |
| ----------------------- | ---------------------------------------------------------- | ------------------------------------------------------------------ |
| \`onCreate\`              | CREATE, before its answer                                  | throw: OUT_OF_MEMORY                                               |
| \`onVbdCreate\` (block)   | VBD_CREATE: open the physical device                       | throw: PHYSDEV_NOT_FOUND                                           |
| \`onConnect\`             | the pages are mapped and the port is bound                 | use \`interface.frames\`; throw: ERROR                               |
| \`onNotify\`              | the frontend has notified                                  | take requests; \`interface.hold()\` while one is in flight           |
| \`onDisconnect\`          | no new work from here on                                   | return a promise; DISCONNECT is answered after it and the last hold |
| \`onVbdDestroy\` (block)  | VBD_DESTROY, and DESTROY for each VBD left                 | close the physical device                                          |
| \`onPlugged\` (usb)       | a device is in a claimed port                              | take it; \`onUnplugged\` gives it back                               |
| \`onDestroy\`             | DESTROY, or the driver stops                               | forget the interface; call \`super.onDestroy\`                       |

\`backendSurroundings(guest)\` is what it needs to know of its guest, and \`frontendSurroundings(guest)\` what a frontend does. So a driver domain of your own is

\`\`\`js
// adder.mjs: answers the number in a page with one more
import { Guest } from 'ctrl-if';
import { BlockBackend, backendSurroundings } from 'ctrl-if/device';

class Adder extends BlockBackend {
  onNotify(each) {
    const [page] = each.frames;
    page.store32(4, page.load32(0) + 1);
    each.notify();
  }
}

const guest = await Guest.connect();
guest.on('close', () => process.exit());
await new Adder(backendSurroundings(guest)).start();
\`\`\`

and a guest that uses it

\`\`\`js
// asker.mjs
import { Guest } from 'ctrl-if';
import { BlockFrontend, frontendSurroundings } from 'ctrl-if/device';

const guest = await Guest.connect({ memory: { frames: 64 } });
guest.on('close', () => process.exit());
const frontend = new BlockFrontend(frontendSurroundings(guest));
frontend.on('connected', (each) => {
  each.frames[0].store32(0, 41);
  each.notify();
});
frontend.on('notified', (each) => guest.console.write(\`41 and one is \${each.frames[0].load32(4)}\\n\`));
await frontend.start();
\`\`\`

\`\`\`sh
ctrl-if create --domain adder --driver -- node adder.mjs
ctrl-if create --domain asker --disk target=any,vdevice=1,backend=adder -- node asker.mjs
ctrl-if console asker
\`\`\`

The machine does not look at a disk's target; the backend that comes with ctrl-if takes it for a path ([machine-api.md](machine-api.md)), and yours for whatever you like.

A network backend has each packet admitted by \`await interface.credit.admit(bytes)\`, which keeps to CREDITLIMIT. \`MockFrontend\` and a
\`MockMachine\` run a backend in a test, without processes; \`MockBackend\` runs a frontend.
`;

/** The whole file. */
export function devicesDocument(): string {
  return [INTRODUCTION, refusals(), ...TABLES.map(section)].join('\n');
}

function refusals(): string {
  const rows = Object.entries({ ...BACKEND_REFUSALS, ...BLOCK_REFUSALS, ...USB_REFUSALS })
    .filter(([, statuses]) => statuses.length > 0)
    .map(([action, statuses]) => [action, statuses.join(', ')]);
  return `## How a backend's action refuses

The request is answered with the status, nothing has happened, and the state stays.

${markdownTable(['action', 'refuses with'], rows)}`;
}

function section(table: AnyTable): string {
  const states = Object.keys(table.cells);
  const rows = table.events.map((event) => [
    event,
    ...states.map((state) => cellText(state, cellOf(table, state, event))),
  ]);
  return `## ${table.name}

${diagram(table)}

${markdownTable(['event', ...states], rows)}`;
}

/** What a cell does, without its state. */
export function cellText(state: string, { do: actions = [], next = state, tell = [] }: AnyCell): string {
  const parts = [...actions];
  if (next !== state) parts.push(`**${next}**`);
  return [...parts, ...tell.map((notice) => `_${notice}_`)].join(', ');
}

/** A diagram of what changes the state: the rest is in the table. */
export function diagram(table: AnyTable): string {
  const arrows = new Map<string, string[]>();
  for (const state of Object.keys(table.cells)) {
    for (const event of table.events) {
      const { next = state } = cellOf(table, state, event);
      const arrow = `${state} --> ${next}`;
      if (next !== state) arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(', ')}`);
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${table.initial}`, ...lines, '```'].join('\n');
}
