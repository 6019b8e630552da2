import { type Fault, type Json, parameterFault } from './fault.ts';

/**
 * `[]` or `["LDU"]`; country 0 (Meta geolocates) or 1 (USA); state 0 or a state's number.
 * Source: Meta, data processing options for US users.
 */
export function dataProcessing(event: Json): Fault | null {
  const options = event['data_processing_options'];
  if (options !== undefined && !isOptions(options)) {
    return parameterFault(['data_processing_options'], 'must be [] or ["LDU"]');
  }
  const country = event['data_processing_options_country'];
  if (country !== undefined && country !== 0 && country !== 1) {
    return parameterFault(['data_processing_options_country'], 'must be 0 or 1');
  }
  const state = event['data_processing_options_state'];
  if (state !== undefined && state !== 0 && !isState(state)) {
    return parameterFault(['data_processing_options_state'], 'must be 0 or 1000 and up');
  }
  return null;
}

function isOptions(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === 'LDU'));
}

function isState(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1000 && (value as number) < 2000;
}
