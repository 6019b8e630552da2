/** Tries until the check no longer throws; after `withinMs` the last failure is thrown. */
export async function eventually(
  check: () => Promise<void> | void,
  { withinMs, everyMs = 20 }: { withinMs: number; everyMs?: number },
): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }
}
