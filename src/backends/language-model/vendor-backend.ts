import { readFileSync } from 'node:fs';
import { defined } from '../../canonical/index.ts';
import type { Catalog } from '../../catalog/index.ts';
import {
  type AnthropicBackendSettings,
  type GuardsConfig,
  isPem,
  type OpenaiBackendSettings,
} from '../../config/index.ts';
import { type AddressGuard, createOrigin } from '../../network/index.ts';
import type { Backend } from '../backend.ts';
import { createLanguageModelBackend } from './backend.ts';
import { createHttpModel, type VendorProtocol } from './http-model.ts';

export interface VendorBackendOptions {
  readonly name: string;
  readonly settings: (OpenaiBackendSettings | AnthropicBackendSettings) & Pick<GuardsConfig, 'timeouts'>;
  readonly protocol: VendorProtocol;
  readonly catalog: Catalog | undefined;
  readonly addresses: AddressGuard;
  /** Called once with each quirk that is found out about the server. */
  learnt(quirk: string): void;
}

/** A configured vendor as a backend. Throws `upstream-rejected` for an address that may not be reached. */
export function createVendorBackend({
  name,
  settings,
  protocol,
  catalog,
  addresses,
  learnt,
}: VendorBackendOptions): Backend {
  const { baseUrl, proxy, ca, cert, key, system, tools, history, images, vision, pageQuery, reasoning, timeouts } =
    settings;
  const { takes } = protocol;
  // Nought is no bound: what is not configured has none.
  const tls = defined({ ca: readPem(ca), cert: readPem(cert), key: readPem(key) });
  const origin = createOrigin(defined({ baseUrl, connectMs: timeouts.connectMs ?? 0, addresses, tls, proxy }));
  const model = createHttpModel({ origin, protocol, settings, learnt });
  return createLanguageModelBackend(
    defined({ name, model, system, catalog, tools, history, images, vision, pageQuery, reasoning, takes }),
  );
}

/** The text of a PEM file, or the text that is one. Throws where there is no such file. */
const readPem = (text: string | undefined): string | undefined =>
  text === undefined || isPem(text) ? text : readFileSync(text, 'utf8');
