import type { FastifyInstance } from 'fastify';

/** What monitors and the dashboard ask. @param healthy whether the database is listened to */
export function healthRoutes(app: FastifyInstance, healthy: () => Promise<boolean>): void {
  app.get('/api/ping', () => ({ message: 'Success' }));
  app.get('/api/tenants/:tenant/health', async () => {
    const connected = await healthy();
    return {
      data: {
        healthy: connected,
        db_connected: connected,
        replication_connected: connected,
        connected_cluster: 0,
        region: 'local',
        node: 'local',
      },
    };
  });
}
