import { type Contact, defined, type InputOf, type OutputOf } from '../../canonical/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Codec, defineEndpoint, type WireResponse } from '../dialect.ts';
import { session, succeed, tell } from './session.ts';
import type { Acknowledgement, ContactRequest } from './wire.ts';

const request: Codec<ContactRequest, InputOf<'save-contact'>> = {
  decode: ({ query, body }) => ({ participant: session.decode(body, query), contact: decodeContact(body) }),
  encode: ({ participant, contact }) => tell({ ...session.encode(participant), ...contact }),
};

/** Throws `invalid-request` for a contact by which nobody can be reached. */
function decodeContact({ email, phone, name }: ContactRequest['body']): Contact {
  if (email || phone) return defined({ email: email || undefined, phone: phone || undefined, name: name || undefined });
  const message = 'An email address or a phone number is required';
  const violation = { rule: 'atLeastOne', params: {}, value: undefined, message };
  throw new GatewayError('invalid-request', message, {
    violations: ['email', 'phone'].map((field) => ({ ...violation, path: ['body', field] })),
  });
}

const isEmailAlone = ({ contact: { email, phone, name } }: InputOf<'save-contact'>): boolean =>
  email !== undefined && phone === undefined && name === undefined;

/** The words are the documented ones: clients compare them. */
function acknowledge(
  message: Acknowledgement['message'],
): Codec<WireResponse<Acknowledgement>, OutputOf<'save-contact'>> {
  return {
    decode: () => ({ contact: {} }), // the answer does not repeat it
    encode: () => succeed({ message }),
  };
}

export const saveEmail = defineEndpoint<'save-contact', ContactRequest, Acknowledgement>({
  operation: 'save-contact',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/chat/email'],
  schema: { request: 'widget/save-email.request.json', response: 'widget/save-email.response.json' },
  carries: ['participant', 'contact'],
  says: isEmailAlone,
  request,
  response: acknowledge('Email saved'),
});

export const saveContact = defineEndpoint<'save-contact', ContactRequest, Acknowledgement>({
  operation: 'save-contact',
  optional: true,
  method: 'POST',
  paths: ['/api/v1/chat/contact'],
  schema: { request: 'widget/save-contact.request.json', response: 'widget/save-contact.response.json' },
  carries: ['participant', 'contact'],
  says: (input) => !isEmailAlone(input),
  request,
  response: acknowledge('Contact saved'),
});
