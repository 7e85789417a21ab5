import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';

/** An error of the operating system, from Node's fs or from the addon. Both set the same three properties. */
interface SystemFailure extends Error {
  code?: string;
  errno?: number;
  syscall?: string;
  /** With the addon's ETRUNCATED: the size of the object, in bytes. */
  bytes?: number;
}

interface Answer {
  readonly code: CtrlIfErrorCode;
  readonly sentence: (name: string, failure: SystemFailure) => string;
  readonly advice?: string;
}

const WRONG_USER: Answer = {
  code: 'ERR_CTRL_IF_PAGE_PERMISSION',
  sentence: (name) => `page ${name} may not be opened by this user`,
  advice: 'run both processes as the same user',
};

/** The error for each code of the system or the addon. */
const ANSWERS: Record<string, Answer> = {
  EEXIST: {
    code: 'ERR_CTRL_IF_PAGE_EXISTS',
    sentence: (name) => `page ${name} exists already`,
    advice: 'choose another name or unlink it first',
  },
  ENOENT: {
    code: 'ERR_CTRL_IF_PAGE_NOT_FOUND',
    sentence: (name) => `page ${name} does not exist: its owner has not created it, or has unlinked it`,
    advice: 'connect again, with a new page',
  },
  EACCES: WRONG_USER,
  EPERM: WRONG_USER,
  ENOSPC: {
    code: 'ERR_CTRL_IF_PAGE_NO_SPACE',
    sentence: (name) => `no room in shared memory for page ${name}`,
    advice: 'free some of /dev/shm (df /dev/shm) or enlarge it',
  },
  EFBIG: {
    code: 'ERR_CTRL_IF_PAGE_NO_SPACE',
    sentence: (name) => `page ${name} is larger than shared memory can hold`,
    advice: 'ask for fewer bytes',
  },
  ENAMETOOLONG: {
    code: 'ERR_CTRL_IF_PAGE_NAME',
    sentence: (name) => `page name ${name} is too long for this system`,
    advice: 'use a shorter name',
  },
  ETRUNCATED: {
    code: 'ERR_CTRL_IF_PAGE_TRUNCATED',
    sentence: (name, failure) => `page ${name} has ${failure.bytes} bytes, fewer than a page needs`,
    advice: 'name a page that is complete',
  },
  EKIND: {
    code: 'ERR_CTRL_IF_PAGE_MAGIC',
    sentence: (name) => `page ${name} is no shared memory but another open file`,
    advice: 'name a page',
  },
  EMFILE: {
    code: 'ERR_CTRL_IF_DESCRIPTORS',
    sentence: (name) => `no descriptor left for page ${name}: this process has as many as it may (ulimit -n)`,
    advice: 'close some or raise the limit',
  },
  ENFILE: {
    code: 'ERR_CTRL_IF_DESCRIPTORS',
    sentence: (name) => `no descriptor left for page ${name}: the system has as many as it can`,
    advice: 'close some',
  },
  ECLOSED: {
    code: 'ERR_CTRL_IF_PAGE_CLOSED',
    sentence: (name) => `page ${name} is unmapped already`,
    advice: 'open it again to go on',
  },
};

const OTHER: Answer = {
  code: 'ERR_CTRL_IF_PAGE_SYSTEM',
  sentence: (name, { syscall, message }) => `page ${name}: ${syscall ?? 'a system call'} failed: ${message}`,
};

/** Turns a system failure about page `name` into an error with advice. Returns a CtrlIfError as it is. */
export function pageError(failure: unknown, name: string): CtrlIfError {
  if (failure instanceof CtrlIfError) return failure;
  const system = failure as SystemFailure;
  const { code, sentence, advice } = ANSWERS[system.code ?? ''] ?? OTHER;
  return new CtrlIfError(code, sentence(name, system), {
    ...(advice !== undefined && { advice }),
    subject: name,
    cause: failure,
    ...(system.errno === undefined ? {} : { errno: system.errno }),
    ...(system.syscall === undefined ? {} : { syscall: system.syscall }),
  });
}

/** The error for a page that was unmapped. */
export function closedError(name: string): CtrlIfError {
  return pageError({ code: 'ECLOSED' }, name);
}
