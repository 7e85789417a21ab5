/** `ctrl-if/testing`: mocks of the domains, event channels and memory that a driver uses. They start no process. */
export { MockBackend, type MockBackendOptions } from './mock-backend.ts';
export { MockChannels } from './mock-channels.ts';
export { MockFrontend, type MockFrontendOptions } from './mock-frontend.ts';
export { type MockDomain, MockMachine } from './mock-machine.ts';
export { MockMemory } from './mock-memory.ts';
export { MockPeer } from './mock-peer.ts';
