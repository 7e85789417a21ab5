import { Controller } from '../domain/controller.ts';
import type { Domain } from '../domain/domain.ts';
import { chooseEngine, type EngineChoice } from '../page/choose-engine.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import { answerEverything } from './answering.ts';
import { ConsoleLines } from './console-lines.ts';
import { fired, type Lifetime } from './lifetime.ts';
import { hex, Reporter } from './reporter.ts';
import { paint, write } from './output.ts';

export interface ServeOptions {
  name: string;
  engine: EngineChoice;
  json?: boolean;
  quiet?: boolean;
}

/** Serves guests in the foreground until a signal arrives. */
export async function controllerCommand(options: ServeOptions, lifetime: Lifetime): Promise<number> {
  const { name, json = false, quiet = false } = options;
  keepFromWarning();
  const { engine, why } = chooseEngine(options.engine);
  const reporter = new Reporter({ json, quiet, stream: process.stdout });
  const ending = lifetime.endInOrder();
  const controller = await Controller.listen({ name, engine });
  reporter.report(
    'listening',
    { name, engine, pid: process.pid },
    `controller ${paint('bold', name)} listens, process ${process.pid}, ${engine} engine (${why})`,
  );
  controller.on('domain', (domain) => serve(domain, reporter, json));
  controller.on('refused', (error) => reporter.failure('refused', {}, error));
  typeToAll(controller, reporter);

  await fired(ending);
  await controller.close();
  reporter.report('closed', { name }, `controller ${name} closed`);
  return 0;
}

function serve(domain: Domain, reporter: Reporter, json: boolean): void {
  const { domid, pid, engine } = domain;
  reporter.report('domain', { domid, pid, engine }, `domain ${domid} connected, process ${pid}`);
  answerEverything(domain, (message, id) => reporter.message(domid, message, id));
  domain.on('error', (error) => reporter.failure('error', { domid }, error));

  const lines = new ConsoleLines((line) => void write(`${paint('bold', `domain ${domid} |`)} ${line}\n`));
  domain.console.on('data', (data: Buffer) => {
    if (json) reporter.report('console', { domid, data: hex(data) }, '');
    else lines.take(data);
  });
  // Writing to the console of a closed link fails. The end of the link is reported below.
  domain.console.on('error', () => {});
  domain.on('close', (error) => {
    lines.flush();
    if (error) reporter.failure('close', { domid }, error);
    else reporter.report('close', { domid }, `domain ${domid} closed`);
  });
}

/** Copies standard input to the console of every guest, at the speed of the slowest. */
function typeToAll(controller: Controller, reporter: Reporter): void {
  const pass = async () => {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      const domains = [...controller.domains.values()];
      if (domains.length === 0) {
        reporter.report('unheard', { data: hex(chunk) }, 'no guest is connected: your input was discarded');
      }
      const written = (domain: Domain) => new Promise((resolve) => domain.console.write(chunk, resolve));
      await Promise.all(domains.map(written));
    }
  };
  // Without a readable standard input there is no input to copy.
  pass().catch(() => {});
}
