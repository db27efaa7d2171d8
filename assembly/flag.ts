/** A truth value in a record of arguments: 0 or 1, four bytes long like every argument. */
export type flag = u32;
