import { type Finding, failure, look, ok } from './finding.ts';

export interface PixelToCheck {
  readonly pixelId: string;
  readonly accessToken: string;
}

/** Whether Meta knows the pixel and takes the token. The token goes into a header and nowhere else. */
export function lookAtPixel(
  graphApi: { readonly url: string; readonly version: string },
  { pixelId, accessToken }: PixelToCheck,
): Promise<readonly Finding[]> {
  const subject = `pixel ${pixelId}`;
  const mend = `see graphApi.url (${new URL(graphApi.url).host}) and what may be reached from here`;
  return look(subject, mend, async () => {
    const url = new URL(`/${graphApi.version}/${pixelId}?fields=id`, graphApi.url);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
    if (answer.ok) return [ok(subject, 'is known, and takes its token')];
    const { code, subcode } = await errorOf(answer);
    return [failure(subject, wordsFor(answer.status, code, subcode), mendFor(code, subcode))];
  });
}

async function errorOf(answer: Response): Promise<{ code: number | null; subcode: number | null }> {
  const body = (await answer.json().catch(() => null)) as {
    error?: { code?: number; error_subcode?: number };
  } | null;
  return { code: body?.error?.code ?? null, subcode: body?.error?.error_subcode ?? null };
}

function wordsFor(status: number, code: number | null, subcode: number | null): string {
  if (code === null) return `is answered with HTTP ${status}`;
  return `is refused with code ${code}${subcode === null ? '' : `/${subcode}`}`;
}

function mendFor(code: number | null, subcode: number | null): string {
  if (code === 190 || code === 102) return 'make a new access token and put it into accessToken';
  if (code === 803 || (code === 100 && subcode === 33)) {
    return 'correct pixelId, or give the token access to this pixel';
  }
  if (code !== null && (code === 10 || (code >= 200 && code < 300))) {
    return 'give the system user of the token the permission to manage this pixel';
  }
  return 'see graphApi.url and graphApi.version';
}
