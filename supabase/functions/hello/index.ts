/** Greets: `{"name": "Ada"}` → `{"message": "Hello Ada!"}`, and the World where nobody is named. */
Deno.serve(async (request: Request) => {
  const body = (await request.json().catch(() => null)) as { name?: unknown } | null;
  const name = typeof body?.name === 'string' ? body.name : 'World';
  return Response.json({ message: `Hello ${name}!` });
});
