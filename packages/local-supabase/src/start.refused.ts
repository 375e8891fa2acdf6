/** A start that cannot be, and no fault of the program: the message says all. */
export class StartRefused extends Error {}
