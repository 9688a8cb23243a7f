export {
  bodyOf,
  type Ending,
  type RecordedExchange,
  type RecordedHeaders,
  type RecordedRequest,
  readBytes,
  type TextPolicy,
} from './exchange.ts';
export { paramsOf } from './operation.ts';
export { type Player, type PlayerSettings, play } from './player.ts';
export { readCassette } from './reader.ts';
export { createRecorder, type RecordedHead, type Recorder, type RecorderSettings, type Recording } from './recorder.ts';
