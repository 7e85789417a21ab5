/** `docs/devices.md`, made from the tables: what is drawn there is what runs. */
import { markdownTable } from '../markdown-table.ts';
import { BACKEND_REFUSALS } from './backend/table.ts';
import type { DeviceClass } from './class.ts';
import { DEVICE_CLASSES } from './classes/index.ts';
import { type AnyTable, type Cell, cellOf } from './table.ts';
import { TABLES } from './tables.ts';

type AnyCell = Cell<string, string, string>;

const introduction = () => `# Devices

Made by \`node scripts/render-devices.mjs\` from the tables in \`lib/device\`; a test holds the two together. A cell says what is
done, in order; then **the next state**, where it is another; then _who is told what_. An empty cell does nothing. Events in
capitals are messages or their statuses, the others come from the machine's own side; what each word does stands beside the table in the code.

## Extending a backend

\`BlockBackend\`, \`NetworkBackend\` and \`UsbBackend\` (\`ctrl-if/device\`) answer the controller as their tables say. A data path is a subclass
with the hooks that it needs:

${hooks()}

\`backendContext(guest)\` is what it needs to know of its guest, and \`frontendContext(guest)\` what a frontend does. So a driver domain of your own is

\`\`\`js
// adder.mjs: answers the number in a page with one more
import { Guest } from 'ctrl-if';
import { BlockBackend, backendContext } from 'ctrl-if/device';

class Adder extends BlockBackend {
  onNotify(device) {
    const [page] = device.frames;
    page.store32(4, page.load32(0) + 1);
    device.notify();
  }
}

const guest = await Guest.connect();
guest.on('close', () => process.exit());
await new Adder(backendContext(guest)).start();
\`\`\`

and a guest that uses it

\`\`\`js
// asker.mjs
import { Guest } from 'ctrl-if';
import { BlockFrontend, frontendContext } from 'ctrl-if/device';

const guest = await Guest.connect({ memory: { frames: 64 } });
guest.on('close', () => process.exit());
const frontend = new BlockFrontend(frontendContext(guest));
frontend.on('connected', (device) => {
  device.frames[0].store32(0, 41);
  device.notify();
});
frontend.on('notified', (device) => guest.console.write(\`41 and one is \${device.frames[0].load32(4)}\\n\`));
await frontend.start();
\`\`\`

\`\`\`sh
ctrl-if create --domain adder --driver -- node adder.mjs
ctrl-if create --domain asker --disk target=any,vdevice=1,backend=adder -- node asker.mjs
ctrl-if console asker
\`\`\`

The machine does not look at a disk's target; the backend that comes with ctrl-if takes it for a path ([machine-api.md](machine-api.md)), and yours for whatever you like.

A \`DeviceClass\` is all that a machine knows of a class: its messages (\`defineMessage\`), both drivers, the configuration of a device, and what a
backend is told of it. \`Machine.start({ deviceClasses })\` has a class of your own beside those that come with ctrl-if: its operations
(\`machine.call('randomAttach', input)\`), the list of its devices in a configuration, and its routes in the API, which
\`new ApiClient({ name, deviceClasses })\` calls. \`test/machine/random-device\` is one, with its guest and its driver domain.

A network backend has each packet admitted by \`await interface.credit.admit(bytes)\`, which keeps to CREDITLIMIT. \`MockFrontend\` and a
\`MockMachine\` run a backend in a test, without processes; \`MockBackend\` runs a frontend.
`;

/** The whole file. */
export function devicesDocument(): string {
  return [introduction(), refusals(), ...TABLES.map(section)].join('\n');
}

/** The hooks of every backend, and those of one class beside them. */
function hooks(): string {
  const common = [
    ['`onCreate`', 'CREATE, before its answer', 'throw: OUT_OF_MEMORY'],
    ['`onConnect`', 'the pages are mapped and the port is bound', 'use `interface.frames`; throw: ERROR'],
    ['`onNotify`', 'the frontend has notified', 'take requests; `interface.hold()` while one is in flight'],
    [
      '`onDisconnect`',
      'no new work from here on',
      'return a promise; DISCONNECT is answered after it and the last hold',
    ],
    ['`onDestroy`', 'DESTROY, or the driver stops', 'forget the interface; call `super.onDestroy`'],
  ];
  const own = DEVICE_CLASSES.flatMap(({ name, hooks = [] }: DeviceClass) =>
    hooks.map(([hook, when, may]) => [`\`${hook}\` (${name})`, when, may]),
  );
  return markdownTable(['hook', 'when', 'what it may do'], [...common, ...own]);
}

function refusals(): string {
  const all: Readonly<Record<string, readonly string[]>> = Object.assign(
    { ...BACKEND_REFUSALS },
    ...DEVICE_CLASSES.map(({ refusals }: DeviceClass) => refusals),
  );
  const rows = Object.entries(all)
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
export function cellText(state: string, { do: actions = [], next = state, emit = [] }: AnyCell): string {
  const parts = [...actions];
  if (next !== state) parts.push(`**${next}**`);
  return [...parts, ...emit.map((notice) => `_${notice}_`)].join(', ');
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
