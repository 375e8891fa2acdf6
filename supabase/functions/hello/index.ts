/** Greets: `{"name": "Ada"}` → `{"message": "Hello Ada!"}`. */
Deno.serve(async (request: Request) => {
  const { name = 'World' } = (await request.json()) as { name?: string };
  return Response.json({ message: `Hello ${name}!` });
});
