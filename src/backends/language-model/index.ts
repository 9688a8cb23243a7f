export { createLanguageModelBackend, type LanguageModelBackendOptions } from './backend.ts';
export { createHttpModel, cutOff, type StreamDecoder, type VendorProtocol } from './http-model.ts';
export { fieldsOf, listIn, numberIn, parseFields, parseJson, textIn } from './json.ts';
export type * from './model.ts';
export { type CallCollector, createCallCollector } from './tool-calls.ts';
export { createVendorBackend } from './vendor-backend.ts';
export { errorIn, failureOf } from './vendor-failures.ts';
