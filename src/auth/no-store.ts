/** For `@Header`: an answer that holds tokens is nobody's to keep. */
export const NO_STORE: [name: string, value: string] = ['Cache-Control', 'no-store'];
