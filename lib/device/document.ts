/** `docs/devices.md`, rendered from the tables that the drivers run. */
import { markdownTable } from '../markdown-table.ts';
import { BACKEND_REFUSALS } from './backend/table.ts';
import type { DeviceClass } from './class.ts';
import { DEVICE_CLASSES } from './classes/index.ts';
import { type AnyTable, type Cell, cellOf } from './table.ts';
import { TABLES } from './tables.ts';

type AnyCell = Cell<string, string, string>;

const introduction = () => `# Devices

Made by \`node scripts/render-devices.mjs\` from the tables in \`lib/device\`; a test compares the two. A cell lists its actions in
order, then **the next state** if it is another, then _the notices_. An empty cell does nothing. Events in capitals are messages or
their statuses. The others come from the process that runs the table. The code explains each word beside its table.

## Extending a backend

The backends of \`ctrl-if/device\` (\`BlockBackend\` and one for each other class) answer the controller as their tables say. A data path is a
subclass with the hooks that it needs:

${hooks()}

\`backendContext(guest)\` gives a backend the messages, frames and channels of its guest, and \`frontendContext(guest)\` does so for a frontend. A
driver domain of your own:

\`\`\`js
// adder.mjs: reads a number in a page and writes back one more
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

A guest that uses it:

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

The machine does not read a disk's target. For the backend that comes with ctrl-if it is a path ([machine-api.md](machine-api.md)). For yours it may be anything.

A \`DeviceClass\` describes a class to the machine: its messages (\`defineMessage\`), both drivers, the configuration of a device, and its
backend's settings. \`Machine.start({ deviceClasses })\` adds a class of your own to those that come with ctrl-if: its operations
(\`machine.call('randomAttach', input)\`), the list of its devices in a configuration, and its routes in the API, which
\`new ApiClient({ name, deviceClasses })\` calls. \`test/machine/random-device\` is an example, with its guest and its driver domain.

A \`NetworkBackend\` calls \`await interface.credit.admit(bytes)\` before each packet, which enforces CREDITLIMIT. \`MockFrontend\` and a
\`MockMachine\` run a backend in a test, without processes; \`MockBackend\` runs a frontend.
`;

/** The text of `docs/devices.md`. */
export function devicesDocument(): string {
  return [introduction(), refusals(), ...TABLES.map(section)].join('\n');
}

/** The hooks of every backend, then those of each class. */
function hooks(): string {
  const common = [
    ['`onCreate`', 'CREATE, before its answer', 'throw: OUT_OF_MEMORY'],
    ['`onConnect`', 'the pages are mapped and the port is bound', 'use `interface.frames`; throw: ERROR'],
    ['`onNotify`', 'the frontend has notified', 'take requests; `interface.hold()` while one is in flight'],
    [
      '`onDisconnect`',
      'no new work from now on',
      'return a promise; DISCONNECT is answered after it and the last hold',
    ],
    ['`onDestroy`', 'DESTROY, or the driver stops', 'free what belongs to the interface; call `super.onDestroy`'],
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

The request is answered with the status. Nothing has changed, and the state stays.

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

/** The text of a cell: actions, next state if it is another, notices. */
export function cellText(state: string, { do: actions = [], next = state, emit = [] }: AnyCell): string {
  const parts = [...actions];
  if (next !== state) parts.push(`**${next}**`);
  return [...parts, ...emit.map((notice) => `_${notice}_`)].join(', ');
}

/** A Mermaid diagram of the events that change the state. */
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
