import { apiPath } from '../api/path.ts';
import { serveApi } from '../api/serve.ts';
import type { MachineOptions } from '../machine/machine.ts';
import type { MachineOperations } from '../machine/operations.ts';
import { errorLine } from './failure.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { Reporter } from './reporter.ts';
import { paint } from './output.ts';
import { lostLine, Timeline } from './timeline.ts';

export interface MachineCommandOptions {
  name: string;
  json?: boolean;
  quiet?: boolean;
}

export type RunningMachine = MachineOperations & { close(): Promise<void> };

export type StartMachine = (options: { name: string }) => Promise<RunningMachine>;

/** Runs a machine and its API in the foreground until a signal arrives. */
export async function machineCommand(
  { name, json = false, quiet = false }: MachineCommandOptions,
  lifetime: Lifetime,
  start: StartMachine = startMachine,
): Promise<number> {
  const reporter = new Reporter({ json, quiet, stream: process.stdout });
  const ending = lifetime.endInOrder();
  const machine = await start({ name });
  try {
    await using server = await serveApi(machine, { path: apiPath(name) });
    reporter.report(
      'listening',
      { name, api: server.path, pid: process.pid },
      `machine ${paint('bold', name)} runs, process ${process.pid}, its API is at ${server.path}`,
    );
    if (!quiet) void reportEvents(machine, reporter);
    await fired(ending);
  } finally {
    await machine.close();
  }
  reporter.report('closed', { name }, `machine ${name} closed`);
  return 0;
}

/** Loads the machine's modules only here, so that the other commands start faster. */
export async function startMachine(options: MachineOptions): Promise<RunningMachine> {
  const { Machine } = await import('../machine/machine.ts');
  return Machine.start(options);
}

async function reportEvents(machine: MachineOperations, reporter: Reporter): Promise<void> {
  const timeline = new Timeline(await machine.list());
  try {
    for await (const event of machine.watch()) {
      const { kind, ...rest } = event;
      reporter.report(kind, rest, event.kind === 'lost' ? lostLine(event.count) : timeline.line(event));
    }
  } catch (error) {
    // The machine runs on without reports.
    process.stderr.write(
      errorLine((error as Error).message, (error as { code?: string }).code ?? 'ERR_CTRL_IF_MACHINE'),
    );
  }
}
