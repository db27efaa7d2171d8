/**
 * Imports nothing: it has to be done before anything is loaded, because parts of Node ask for colours as they
 * load.
 */

/**
 * Takes out of the environment what counts for nothing beside the rest. Libraries ask Node for colours, which
 * would warn that it ignores one of the two, and would ignore the other one.
 */
export function settleColors(environment: NodeJS.ProcessEnv): void {
  if (environment.NO_COLOR) delete environment.FORCE_COLOR;
  else if (environment.FORCE_COLOR !== undefined) delete environment.NODE_DISABLE_COLORS;
}
