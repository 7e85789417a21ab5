/** A domain's memory: allocated, granted and mapped frames, and the balloon that changes how many there are. */
export type { BalloonOptions, MemorySize, Resized, ResizeEnd, ResizeOptions } from './balloon.ts';
export { DomainMemory, type DomainMemoryOptions } from './domain-memory.ts';
export type { Frame } from './frame.ts';
export { FrameMapper, type FrameMapperOptions, type MappedFrame } from './frame-mapper.ts';
export { type MemoryStatus, readMemoryStatus } from './memory-status.ts';
