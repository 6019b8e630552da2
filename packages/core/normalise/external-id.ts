import { lowerCase } from './letters.ts';
import type { Normaliser } from './normaliser.ts';

/**
 * Lower case and nothing else, so that browser and server agree.
 * Source: Meta, parameter builder, external id; `external_id`: "any unique ID from the advertiser".
 */
export const externalId: Normaliser = lowerCase;
