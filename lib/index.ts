/** `ctrl-if`: guests and controllers, linked over a shared page. */

export type { ConsoleStream } from './domain/console-stream.ts';
export { Controller, type ControllerEvents, type ControllerOptions } from './domain/controller.ts';
export { Domain, type ShutdownReason } from './domain/domain.ts';
export { type DomainEnvironment, REBOOT_EXIT_CODE, readDomainEnvironment } from './domain/domain-environment.ts';
export { type Answer, Endpoint, type EndpointEvents, type Handler, type MessageFor } from './domain/endpoint.ts';
export type { ControllerChannels, EventChannel, EventChannels, PortStatus } from './domain/event-channels.ts';
export { Guest, type GuestMemoryOptions, type GuestOptions } from './domain/guest.ts';
export type { ResizeMemoryOptions } from './domain/memory-watch.ts';
export { CtrlIfError, type CtrlIfErrorCode, type CtrlIfErrorDetails } from './errors.ts';
export type { IdleStrategy } from './event-channel/idle.ts';
export type { PortState } from './event-channel/registry.ts';
export type { RequestOptions } from './link/call.ts';
export type { LinkStats } from './link/link.ts';
export type { Received } from './link/received.ts';
export { RequestError } from './link/request-error.ts';
export type { MemorySize, Resized, ResizeOptions } from './memory/balloon.ts';
export type { DomainMemory } from './memory/domain-memory.ts';
export type { Frame } from './memory/frame.ts';
export type { MappedFrame } from './memory/frame-mapper.ts';
export type { MemoryStatus } from './memory/memory-status.ts';
export { type ChosenEngine, chooseEngine, type EngineChoice } from './page/choose-engine.ts';
export type { Message, MessageInput, MessageInputOf, MessageName, MessageOf } from './wire/codec.ts';
export { defineMessage } from './wire/define.ts';
export type { MessageDefinition } from './wire/definition.ts';
export { domid, f64, i32, i64, u8, u16, u32, u64 } from './wire/fields/numbers.ts';
export { char, mac, text } from './wire/fields/strings.ts';
export { bytes, out, pad, tail } from './wire/index.ts';
