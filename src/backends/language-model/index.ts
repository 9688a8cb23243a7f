export { createLanguageModelBackend, type LanguageModelBackendOptions } from './backend.ts';
export { createHttpModel, cutOff, type VendorProtocol } from './http-model.ts';
export type * from './model.ts';
export { type Bend, type Body, createQuirks, noTemperature, without } from './quirks.ts';
export type { StreamDecoder } from './read-answer.ts';
export { createVendorBackend } from './vendor-backend.ts';
