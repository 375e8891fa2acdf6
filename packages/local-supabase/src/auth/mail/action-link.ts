/** The address of a mail's link: following it verifies `token` and leads on to `redirectTo`. */
export function actionLink(
  externalUrl: string,
  link: { token: string; type: string; redirectTo: string },
): string {
  // GoTrue leaves a plain redirect readable and escapes one that would break the query.
  const redirectTo = /[&=#]/.test(link.redirectTo) ? encodeURIComponent(link.redirectTo) : link.redirectTo;
  return `${externalUrl}/verify?token=${encodeURIComponent(link.token)}&type=${encodeURIComponent(link.type)}&redirect_to=${redirectTo}`;
}
