import type { InputOf, OutputOf } from '../../canonical/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { session, succeed, tell } from './session.ts';
import type { Upload, UploadRequest } from './wire.ts';

const request: Codec<UploadRequest, InputOf<'upload-image'>> = {
  decode: ({ query, body }) => ({ participant: session.decode(body, query), image: { bytes: body.image.bytes } }),
  encode: ({ participant, image }) => tell({ ...session.encode(participant), image: { bytes: image.bytes } }),
};

const response: Codec<WireResponse<Upload>, OutputOf<'upload-image'>> = {
  decode: ({ body }) => ({ url: body.url }),
  encode: ({ url }) => succeed({ url }),
};

export const uploadImage = defineEndpoint<'upload-image', UploadRequest, Upload>({
  operation: 'upload-image',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/chat/upload-image'],
  schema: { request: 'widget/upload-image.request.json', response: 'widget/upload-image.response.json' },
  bodyForm: 'multipart',
  carries: ['participant', 'image', 'output.url'],
  request,
  response,
});
