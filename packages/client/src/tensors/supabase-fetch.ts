interface StorageRefusal {
  statusCode?: string;
  code?: string;
  error?: string;
  message?: string;
}

/**
 * `fetch`, for Supabase Storage: that says 400 to everything it refuses, and the status it means in the body. The answer of
 * this one has that status, and 401 for a token that is not taken, as with every other server.
 */
export const supabaseFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.status !== 400 && response.status !== 403) return response;
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as StorageRefusal;
  if (body.message === undefined) return response;
  const isToken = /\b(jwt|jws|jwe|exp)\b|claim|signature/i.test(body.message);
  const status = isToken ? 401 : Number(body.statusCode ?? response.status);
  return Response.json(
    { code: body.code ?? body.error ?? '', detail: body.message },
    { status: status >= 400 && status < 600 ? status : response.status },
  );
};
