/** The messages of one codec, found by name and by type and subtype. */
import type { Compile } from './compile/compile.ts';
import type { Transcoder } from './compile/transcoder.ts';
import type { MessageDefinition } from './definition.ts';
import { badDefinition } from './errors.ts';
import { UNKNOWN_DEFINITION } from './unknown.ts';

/** A definition as encode and decode need it: flat, with one shape for all messages. */
export class Entry {
  readonly name: string;
  readonly type: number;
  readonly subtype: number;
  readonly size: number;
  readonly maxSize: number;
  readonly definition: MessageDefinition;
  /** Undefined until the first message: most programs use few of the 42, and compiling takes as long as a thousand messages. */
  transcoder: Transcoder | undefined = undefined;
  readonly #compile: Compile;

  constructor(definition: MessageDefinition, compile: Compile) {
    this.name = definition.name;
    this.type = definition.type;
    this.subtype = definition.subtype;
    this.size = definition.struct.size;
    this.maxSize = definition.struct.maxSize;
    this.definition = definition;
    this.#compile = compile;
  }

  compile(): Transcoder {
    this.transcoder = this.#compile(this.definition.struct);
    return this.transcoder;
  }
}

const isByte = (value: unknown): boolean => typeof value === 'number' && (value & 0xff) === value;

function isDefinition(value: unknown): value is MessageDefinition {
  const { name, type, subtype, struct, response } = (value ?? {}) as Partial<MessageDefinition>;
  const hasStruct =
    Array.isArray(struct?.fields) && typeof struct.size === 'number' && typeof struct.check === 'function';
  return typeof name === 'string' && isByte(type) && isByte(subtype) && hasStruct && typeof response?.kind === 'string';
}

/**
 * Checks the user's own messages, as passed to createCodec(), Guest.connect() or Controller.listen().
 *
 * @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` when it is no array, or an item is no definition
 */
export function ensureDefinitions(given: unknown): readonly MessageDefinition[] {
  const wanted = 'a definition made with defineMessage()';
  if (!Array.isArray(given)) {
    const list = isDefinition(given) ? `an array: [${given.name}]` : `an array, each item ${wanted}`;
    throw badDefinition('messages of your own', 'messages', list, given);
  }
  // Not forEach, which skips holes.
  for (let i = 0; i < given.length; i++)
    if (!isDefinition(given[i])) throw badDefinition('messages of your own', `messages[${i}]`, wanted, given[i]);
  return given;
}

export class MessageTable {
  readonly definitions: readonly MessageDefinition[];
  readonly byName = new Map<unknown, Entry>();
  // By type, then by subtype: one array of 65,536 entries would be slower, with only about forty in use.
  readonly byType: readonly Entry[][] = Array.from({ length: 256 }, () => []);
  /** The entry for a type and subtype without a definition. */
  readonly unknown: Entry;

  /** @throws CtrlIfError `ERR_CTRL_IF_DEFINITION` when two definitions have the same name, or the same type and subtype */
  constructor(definitions: readonly MessageDefinition[], compile: Compile) {
    this.definitions = definitions;
    this.unknown = new Entry(UNKNOWN_DEFINITION, compile);
    this.byName.set(this.unknown.name, this.unknown);
    for (const definition of definitions) this.#add(new Entry(definition, compile));
  }

  #add(entry: Entry): void {
    const { name, type, subtype } = entry;
    if (this.byName.has(name)) throw badDefinition('createCodec()', 'name', 'defined once', name);
    const other = this.byType[type]![subtype];
    if (other)
      throw badDefinition(
        'createCodec()',
        `${name}: type and subtype`,
        `other than ${other.name}'s`,
        `${type}, ${subtype}`,
      );
    this.byName.set(name, entry);
    this.byType[type]![subtype] = entry;
  }
}
