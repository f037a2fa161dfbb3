import { RestError } from "@azure/data-tables";

/** Twice what storage itself gives a call by default: what was not answered by then is not carried out later. */
const SILENCE_MS = 60_000;
/** An API call and what it asks storage for have to fit into the 230 s of Azure's load balancer. */
const TRIES = 2;

interface Question {
  /** The SDKs have types of their own for it. */
  abortSignal?: unknown;
}

export type Exchange = <Asked extends Question, Answered>(
  question: Asked,
  ask: (question: Asked) => Promise<Answered>,
) => Promise<Answered>;

/**
 * Gives up a call of storage that is silent for too long, which the SDKs never do, and asks once more. Rejects with a
 * RestError without a status. A body that is still arriving by then is cut off; whoever reads it goes on from there.
 */
export function unlessSilent(silenceMs = SILENCE_MS): Exchange {
  return async (question, ask) => {
    const { abortSignal } = question;
    const given = abortSignal instanceof AbortSignal ? [abortSignal] : [];
    for (let tried = 1; ; tried += 1) {
      const late = AbortSignal.timeout(silenceMs);
      question.abortSignal = AbortSignal.any([...given, late]);
      const answer = await unlessLate(late, () => ask(question));
      if (answer !== undefined) return answer;
      if (tried === TRIES) {
        const message = `Storage said nothing within ${silenceMs / 1000} s, ${TRIES} times.`;
        throw new RestError(message, { code: "ETIMEDOUT" });
      }
    }
  };
}

/** Undefined when there was no answer. */
async function unlessLate<Answered>(
  late: AbortSignal,
  ask: () => Promise<Answered>,
): Promise<Answered | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (late.aborted) return undefined;
    throw error;
  }
}
