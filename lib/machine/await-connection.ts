import type { Domain } from '../domain/domain.ts';
import { CtrlIfError } from '../errors.ts';
import type { DomainProcess, ProcessExit } from './domain-process.ts';

/** Milliseconds that a new process has to connect. */
const TIMEOUT = 20_000;

/**
 * Waits for `connected`, the link of a domain's new process.
 *
 * @throws CtrlIfError `ERR_CTRL_IF_COMMAND` if the process ends first, `ERR_CTRL_IF_TIMEOUT` if it does not connect within 20 s
 */
export async function awaitConnection(name: string, child: DomainProcess, connected: Promise<Domain>): Promise<Domain> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(name, child)), TIMEOUT);
  });
  const ended = child.exited.then((exit): never => {
    throw endedEarly(name, exit);
  });
  try {
    return await Promise.race([connected, ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

function endedEarly(name: string, { exitCode, signal, lastWords }: ProcessExit): CtrlIfError {
  const how = signal ? `was ended by ${signal}` : `exited with ${exitCode}`;
  const said = lastWords ? `: ${lastWords}` : '';
  return new CtrlIfError('ERR_CTRL_IF_COMMAND', `the command of domain ${name} ${how} before it connected${said}`, {
    advice: 'make it connect to the controller that CTRL_IF_NAME names',
    subject: name,
    expected: 'a guest that connects',
    received: how,
  });
}

function tooLate(name: string, { lastWords }: DomainProcess): CtrlIfError {
  const said = lastWords ? `; it said: ${lastWords}` : '';
  return new CtrlIfError(
    'ERR_CTRL_IF_TIMEOUT',
    `the command of domain ${name} has not connected within ${TIMEOUT / 1000} s and was ended${said}`,
    { subject: name },
  );
}
