/** What a call throws, as a failure to look at. */
import { KfaasError, type Failure } from '../../src/errors.js';

/** The failure that a call or a promise ends in. Throws where it ends in none, or in one that was not thrown on purpose. */
export function failureFrom(call: () => unknown): Failure {
  try {
    call();
  } catch (error) {
    return asFailure(error);
  }
  throw new Error('nothing was thrown');
}

export async function failureOfPromise(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return asFailure(error);
}

function asFailure(error: unknown): Failure {
  if (error instanceof KfaasError) return error.failure;
  throw new Error('not a KfaasError', { cause: error });
}
