/** Options, their values and examples of the commands. */
import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_NAME } from '../domain/runtime-directory.ts';

export const nameOption = (what: string) => new Option('-n, --name <name>', what).default(DEFAULT_NAME);

export const engineOption = () =>
  new Option('-e, --engine <engine>', 'the engine that moves the messages')
    .choices(['native', 'file', 'auto'])
    .default('auto');

export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number of seconds, 0 or more.');
  return value;
}

export function whole(text: string): number {
  if (!/^\d+$|^0x[0-9a-fA-F]+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** For an option that may be given several times. */
export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

export function examples(lines: readonly (readonly [command: string, what: string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, what]) => `  ${what ? `${command.padEnd(width)}  # ${what}` : command}`);
  return `\nExamples:\n${shown.join('\n')}\n`;
}
