/** `ctrl-if/testing`: stands-in for the other domains, the channels and the memory that a driver works with. No process is started. */
export { MockBackend, type MockBackendOptions } from './mock-backend.ts';
export { MockChannels } from './mock-channels.ts';
export { MockFrontend, type MockFrontendOptions } from './mock-frontend.ts';
export { type MockDomain, MockMachine } from './mock-machine.ts';
export { MockMemory } from './mock-memory.ts';
export { MockPeer } from './mock-peer.ts';
