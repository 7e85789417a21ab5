import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import { answerEverything } from './answering.ts';
import { ConsoleLines } from './console-lines.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Narrator } from './narrator.ts';
import { paint, write } from './output.ts';

export interface ServeOptions {
  name: string;
  engine: EngineChoice;
  json?: boolean;
  quiet?: boolean;
}

/** Serves guests in the foreground until a signal ends it. */
export async function controllerCommand(options: ServeOptions, lifetime: Lifetime): Promise<number> {
  const { name, json = false, quiet = false } = options;
  keepFromWarning();
  const { engine, why } = chooseEngine(options.engine);
  const narrator = new Narrator({ json, quiet, stream: process.stdout });
  const ending = lifetime.endInOrder();
  const controller = await Controller.listen({ name, engine });
  narrator.tell(
    'listening',
    { name, engine, pid: process.pid },
    `controller ${paint('bold', name)} listens, process ${process.pid}, ${engine} engine (${why})`,
  );
  controller.on('domain', (domain) => serve(domain, narrator, json));
  controller.on('refused', (error) => narrator.trouble('refused', {}, error));
  typeToAll(controller, narrator);

  await fired(ending);
  await controller.close();
  narrator.tell('closed', { name }, `controller ${name} closed`);
  return 0;
}

function serve(domain: Domain, narrator: Narrator, json: boolean): void {
  const { domid, pid, engine } = domain;
  narrator.tell('domain', { domid, pid, engine }, `domain ${domid} connected, process ${pid}`);
  answerEverything(domain, (message, id) => narrator.message(domid, message, id));
  domain.on('error', (error) => narrator.trouble('error', { domid }, error));

  const lines = new ConsoleLines((line) => void write(`${paint('bold', `domain ${domid} |`)} ${line}\n`));
  domain.console.on('data', (data: Buffer) => {
    if (json) narrator.tell('console', { domid, data: hex(data) }, '');
    else lines.take(data);
  });
  // What was typed for a guest that has gone is lost with it, and its going is told below.
  domain.console.on('error', () => {});
  domain.on('close', (error) => {
    lines.flush();
    if (error) narrator.trouble('close', { domid }, error);
    else narrator.tell('close', { domid }, `domain ${domid} closed`);
  });
}

/** What is typed here appears on the console of every guest, and waits for the slowest of them. */
function typeToAll(controller: Controller, narrator: Narrator): void {
  const pass = async () => {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      const domains = [...controller.domains.values()];
      if (domains.length === 0) {
        narrator.tell('unheard', { data: hex(chunk) }, 'no guest is connected: what you typed has reached nobody');
      }
      const written = (domain: Domain) => new Promise((resolve) => domain.console.write(chunk, resolve));
      await Promise.all(domains.map(written));
    }
  };
  // A standard input that cannot be read is one that nobody types at.
  pass().catch(() => {});
}
