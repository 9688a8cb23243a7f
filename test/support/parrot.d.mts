import type { Backend } from '../../src/backends/backend.ts';

export default function createParrot(): Pick<Backend, 'answer'>;
