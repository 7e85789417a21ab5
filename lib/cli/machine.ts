import type { ApiServer } from '../api/server.ts';
import { apiPath } from '../api/path.ts';
import type { MachineOperations } from '../machine/operations.ts';
import { errorLine } from './failure.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { Narrator } from './narrator.ts';
import { paint } from './output.ts';
import { lostLine, Timeline } from './timeline.ts';

export interface MachineCommandOptions {
  name: string;
  json?: boolean;
  quiet?: boolean;
}

export interface RunningMachine extends MachineOperations {
  close(): Promise<void>;
}

export type StartMachine = (options: { name: string }) => Promise<RunningMachine>;

/** A machine with its API in the foreground until a signal ends it. */
export async function machineCommand(
  { name, json = false, quiet = false }: MachineCommandOptions,
  lifetime: Lifetime,
  start: StartMachine = startMachine,
): Promise<number> {
  const narrator = new Narrator({ json, quiet, stream: process.stdout });
  const ending = lifetime.endInOrder();
  const machine = await start({ name });
  try {
    await using server = await serve(machine, apiPath(name));
    narrator.tell(
      'listening',
      { name, api: server.path, pid: process.pid },
      `machine ${paint('bold', name)} runs, process ${process.pid}, its API is at ${server.path}`,
    );
    if (!quiet) void narrate(machine, narrator);
    await fired(ending);
  } finally {
    await machine.close();
  }
  narrator.tell('closed', { name }, `machine ${name} closed`);
  return 0;
}

/** The other commands need no HTTP server, and all of them would wait for it to be loaded. */
async function serve(machine: MachineOperations, path: string): Promise<ApiServer> {
  // Not in a block with `await using`, where TypeScript 6 does not rewrite the extension.
  const { serveApi } = await import('../api/server.ts');
  return serveApi(machine, { path });
}

async function startMachine(options: { name: string }): Promise<RunningMachine> {
  const { Machine } = await import('../machine/machine.ts');
  return Machine.start(options);
}

async function narrate(machine: MachineOperations, narrator: Narrator): Promise<void> {
  const timeline = new Timeline(await machine.list());
  try {
    for await (const event of machine.watch()) {
      const { kind, ...rest } = event;
      narrator.tell(kind, rest, event.kind === 'lost' ? lostLine(event.count) : timeline.line(event));
    }
  } catch (error) {
    // The machine goes on without being told of.
    process.stderr.write(
      errorLine((error as Error).message, (error as { code?: string }).code ?? 'ERR_CTRL_IF_MACHINE'),
    );
  }
}
