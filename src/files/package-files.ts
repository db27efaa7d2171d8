/** Files of the package beside its code: kernels, models, package.json. */

/** The folder of the package is two above this module, and two above the bundle. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, import.meta.url);
