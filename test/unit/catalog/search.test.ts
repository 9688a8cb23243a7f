import { describe } from 'vitest';
import { catalogContract } from '../../support/catalog-contract.ts';
import { catalogOfRows } from './files.ts';

describe('the catalogue in memory', () => catalogContract(catalogOfRows));
