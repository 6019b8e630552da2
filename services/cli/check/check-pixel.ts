import { type ConnectionCheck, failure, ok } from './finding.ts';

/** Whether Meta knows the pixel and accepts the token, which is sent in a header only. */
export function checkPixel(
  graphApi: { readonly url: string; readonly version: string },
  { pixelId, accessToken }: { readonly pixelId: string; readonly accessToken: string },
): ConnectionCheck {
  const subject = `pixel ${pixelId}`;
  const fix = `check graphApi.url (${new URL(graphApi.url).host}), and the network between here and there`;
  return {
    subject,
    fix,
    work: async () => {
      const url = new URL(`/${graphApi.version}/${pixelId}?fields=id`, graphApi.url);
      const answer = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
      if (answer.ok) return [ok(subject, 'exists, and accepts its token')];
      const { code, subcode } = await errorOf(answer);
      const problem =
        code === null
          ? `Meta answers with HTTP ${answer.status}`
          : `Meta refuses it with code ${code}${subcode === null ? '' : `/${subcode}`}`;
      return [failure(subject, problem, fixFor(code, subcode))];
    },
  };
}

async function errorOf(answer: Response): Promise<{ code: number | null; subcode: number | null }> {
  const body = (await answer.json().catch(() => null)) as {
    error?: { code?: number; error_subcode?: number };
  } | null;
  return { code: body?.error?.code ?? null, subcode: body?.error?.error_subcode ?? null };
}

function fixFor(code: number | null, subcode: number | null): string {
  if (code === 190 || code === 102) return 'create a new access token and set accessToken to it';
  if (code === 803 || (code === 100 && subcode === 33)) {
    return 'correct pixelId, or give the token access to this pixel';
  }
  if (code !== null && (code === 10 || (code >= 200 && code < 300))) {
    return "give the token's system user permission to manage this pixel";
  }
  return 'check graphApi.url and graphApi.version';
}
