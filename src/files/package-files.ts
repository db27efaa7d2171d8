/** Files of the package beside its code: kernels, models, package.json. */

/** The package's folder is two above this module, and above the bundle that it becomes a part of. */
export const packageFile = (path: string): URL => new URL(`../../${path}`, import.meta.url);
