/** Greets: `{"name": "Ada"}` → `{"message": "Hello Ada!"}`. */
Deno.serve(async (request: Request) => {
  const name = nameIn(await request.text());
  if (name === undefined) return Response.json({ error: 'Send JSON: {"name": "Ada"}' }, { status: 400 });
  return Response.json({ message: `Hello ${name}!` });
});

/** The name in a body; without a body the World, and undefined for a body that holds none. */
function nameIn(body: string): string | undefined {
  if (body === '') return 'World';
  try {
    const { name = 'World' } = JSON.parse(body) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined;
  }
}
