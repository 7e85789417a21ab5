/** Types of what the benchmark calls: restructure has none of its own, and binary-parser's cannot be found from ESM. */
declare module 'binary-parser' {
  export class Parser {
    endianness(order: 'little'): Parser;
    uint8(name: string): Parser;
    uint16(name: string): Parser;
    uint32(name: string): Parser;
    uint64(name: string): Parser;
    buffer(name: string, options: { length: number | string }): Parser;
    string(name: string, options: { length: number; stripNull: boolean }): Parser;
    seek(bytes: number): Parser;
    parse(bytes: Uint8Array): unknown;
  }
}

declare module 'restructure' {
  export const uint8: unknown;
  export const uint16le: unknown;
  export const uint32le: unknown;
  const StringType: new (length: number, encoding: string) => unknown;
  const BufferType: new (length: number | string) => unknown;

  export { BufferType as Buffer, StringType as String };
  export const Reserved: new (type: unknown, count: number) => unknown;
  export class EncodeStream {
    constructor(buffer: Uint8Array);
    pos: number;
  }
  export class DecodeStream {
    constructor(buffer: Uint8Array);
    pos: number;
  }
  export class Struct {
    constructor(fields: Record<string, unknown>);
    encode(stream: EncodeStream, value: unknown): void;
    decode(stream: DecodeStream): unknown;
  }
}
