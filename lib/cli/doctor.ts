import { type CtrlIfError, withoutAdvice } from '../errors.ts';
import { keepFromWarning } from '../page/file-engine-warning.ts';
import * as checks from './doctor-checks.ts';
import { EXIT_FAILED } from './failure.ts';
import type { Lifetime } from './lifetime.ts';
import { paint, type Style, writeJSON, writeLine } from './output.ts';

export interface DoctorOptions {
  json?: boolean;
  /** Whether all messages are also sent between two processes. */
  exchange?: boolean;
}

interface Check extends checks.Finding {
  check: string;
}

/** Checks everything that a link needs. The exit code is 1 when a check that every link needs fails. */
export async function doctorCommand(
  { json = false, exchange = false }: DoctorOptions,
  lifetime: Lifetime,
): Promise<number> {
  keepFromWarning();
  const { engine, found } = await examine();
  if (engine && exchange) {
    const interrupted = lifetime.endInOrder();
    found.push({ check: 'exchange', ...(await examined(() => checks.checkExchange(engine, interrupted), true)) });
  }
  const isHealthy = found.every(({ status }) => status !== 'fail');
  if (json) await writeJSON({ ok: isHealthy, engine: engine ?? null, checks: found });
  else await writeLine([...found.map(show), '', conclusion(found)].join('\n'));
  return isHealthy ? 0 : EXIT_FAILED;
}

async function examine() {
  const found: Check[] = [];
  const add = async (check: string, examination: () => checks.Finding | Promise<checks.Finding>, isNeeded = true) => {
    found.push({ check, ...(await examined(examination, isNeeded)) });
  };
  const engine = checks.engineHere();
  await add('node', checks.checkNode);
  await add('engine', checks.checkEngine);
  await add('addon', checks.checkAddon, engine === 'native');
  await add('page size', checks.checkPageSize);
  await add('shared memory', checks.checkSharedMemory);
  await add('runtime directory', checks.checkRuntimeDirectory);
  // The engine that is not used may be broken.
  await add('native page', () => checks.checkPage('native'), engine === 'native');
  await add('file page', () => checks.checkPage('file'), engine === 'file');
  if (engine) await add('link', () => checks.checkLink(engine));
  await add('processors', checks.checkProcessors);
  return { engine, found };
}

/** Runs a check. An error of the check becomes its finding, with the advice of the error. */
async function examined(
  examination: () => checks.Finding | Promise<checks.Finding>,
  isNeeded: boolean,
): Promise<checks.Finding> {
  try {
    return await examination();
  } catch (error) {
    const { message, code, advice } = error as CtrlIfError;
    const sentence = withoutAdvice(message, advice);
    return {
      status: isNeeded ? 'fail' : 'warn',
      found: code === undefined ? sentence : `${sentence} (${code})`,
      advice: advice ?? 'correct what the system reports',
    };
  }
}

const STYLES: Record<checks.Finding['status'], Style> = { ok: 'green', warn: 'yellow', fail: 'red' };
const STATUS_WIDTH = 4;
const CHECK_WIDTH = 17;

function show({ status, check, found, advice }: Check): string {
  const line = `${paint(STYLES[status], status.padEnd(STATUS_WIDTH))}  ${check.padEnd(CHECK_WIDTH)}  ${found}`;
  return advice ? `${line}\n${' '.repeat(STATUS_WIDTH + CHECK_WIDTH + 4)}to do: ${advice}` : line;
}

function conclusion(found: readonly Check[]): string {
  const count = (wanted: Check['status']) => found.filter(({ status }) => status === wanted).length;
  const failed = count('fail');
  if (failed > 0) return paint('red', `${failed} of ${found.length} checks failed: links do not work here`);
  const warned = count('warn');
  return paint(
    'green',
    warned > 0 ? `links work here; ${warned} of ${found.length} checks gave a warning` : 'links work here',
  );
}
