import { CtrlIfError, type CtrlIfErrorCode } from '../errors.ts';

/** What the operating system said, from Node's fs or from the addon: both set the same three properties. */
interface SystemFailure extends Error {
  code?: string;
  errno?: number;
  syscall?: string;
  /** With the addon's ETRUNCATED: the size found, in bytes. */
  bytes?: number;
}

const ANSWERS: Record<string, readonly [CtrlIfErrorCode, (name: string, failure: SystemFailure) => string]> = {
  EEXIST: ['ERR_CTRL_IF_PAGE_EXISTS', (name) => `page ${name} exists already; choose another name or unlink it first`],
  ENOENT: [
    'ERR_CTRL_IF_PAGE_NOT_FOUND',
    (name) => `page ${name} does not exist; its owner has not created it, or has unlinked it`,
  ],
  EACCES: [
    'ERR_CTRL_IF_PAGE_PERMISSION',
    (name) => `page ${name} may not be opened by this user; both processes must run as the same user`,
  ],
  EPERM: [
    'ERR_CTRL_IF_PAGE_PERMISSION',
    (name) => `page ${name} may not be opened by this user; both processes must run as the same user`,
  ],
  ENOSPC: [
    'ERR_CTRL_IF_PAGE_NO_SPACE',
    (name) => `no room in shared memory for page ${name}; free some of /dev/shm (df /dev/shm) or enlarge it`,
  ],
  EFBIG: [
    'ERR_CTRL_IF_PAGE_NO_SPACE',
    (name) => `page ${name} is larger than shared memory can hold; ask for fewer bytes`,
  ],
  ENAMETOOLONG: ['ERR_CTRL_IF_PAGE_NAME', (name) => `page name ${name} is too long for this system; use a shorter one`],
  ETRUNCATED: [
    'ERR_CTRL_IF_PAGE_TRUNCATED',
    (name, failure) =>
      `page ${name} has ${failure.bytes} bytes, fewer than a page needs; it was truncated or is something else`,
  ],
  EKIND: [
    'ERR_CTRL_IF_PAGE_MAGIC',
    (name) => `page ${name} is no shared memory but something else that is open there; name the right one`,
  ],
  EMFILE: [
    'ERR_CTRL_IF_DESCRIPTORS',
    (name) =>
      `no descriptor left for page ${name}: this process has as many as it may (ulimit -n); close some or raise the limit`,
  ],
  ENFILE: [
    'ERR_CTRL_IF_DESCRIPTORS',
    (name) => `no descriptor left for page ${name}: the system has as many as it can; close some`,
  ],
  ECLOSED: ['ERR_CTRL_IF_PAGE_CLOSED', (name) => `page ${name} is unmapped already; open it again to go on`],
};

/** Turns a system failure about page `name` into the error that its user can act on. */
export function pageError(failure: unknown, name: string): CtrlIfError {
  if (failure instanceof CtrlIfError) return failure;
  const system = failure as SystemFailure;
  const [code, sentence] = ANSWERS[system.code ?? ''] ?? [
    'ERR_CTRL_IF_PAGE_SYSTEM' as const,
    (page: string) => `page ${page}: ${system.syscall ?? 'a system call'} failed: ${system.message}`,
  ];
  return new CtrlIfError(code, sentence(name, system), {
    subject: name,
    cause: failure,
    ...(system.errno === undefined ? {} : { errno: system.errno }),
    ...(system.syscall === undefined ? {} : { syscall: system.syscall }),
  });
}

export function closedError(name: string): CtrlIfError {
  return pageError({ code: 'ECLOSED' }, name);
}
