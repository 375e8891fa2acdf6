import { DataFolder } from './data.folder.ts';
import { Engine } from './engine.ts';
import { localUrl, templateCluster } from './template.ts';
import { editionOf, rememberEdition } from './wanted.edition.ts';
import { WireServer } from '../wire/wire.server.ts';

/** The Postgres that comes along: PGlite in a thread, served on the wire. */
export interface LocalPostgres {
  readonly url: string;
  /** The folder that keeps the data; it goes away on closing when it is a temporary one. */
  readonly folder: string;
  /** True when the folder was empty before. */
  readonly isNew: boolean;
  close(): Promise<void>;
}

export interface LocalPostgresOptions {
  /** The folder that keeps the data; a temporary one when there is none. */
  readonly dataDir: string | undefined;
  /** 0 takes a free one. */
  readonly port: number;
  /** `CREATE EXTENSION postgis` must work. */
  readonly postgis?: boolean;
}

/** @throws FolderInUse */
export async function startLocalPostgres({
  dataDir,
  port,
  postgis = false,
}: LocalPostgresOptions): Promise<LocalPostgres> {
  const folder = dataDir === undefined ? await DataFolder.openTemporary() : await DataFolder.open(dataDir);
  const isNew = folder.isNew;
  const edition = editionOf(folder.cluster, postgis);
  const engine = new Engine(folder.cluster, edition);
  const server = new WireServer(engine);
  try {
    // The port first: when it is taken, nothing else has been done yet.
    const actualPort = await server.listen(port);
    if (isNew) await folder.fill(await templateCluster());
    await rememberEdition(folder.cluster, edition);
    await engine.start();
    const close = async (): Promise<void> => {
      await server.close();
      await engine.close();
      await folder.release();
    };
    return { url: localUrl(actualPort), folder: folder.root, isNew, close };
  } catch (error) {
    await server.close().catch(() => undefined);
    await engine.close();
    await folder.release();
    throw error;
  }
}
