-- Servers and foreign tables can be made; only reading a foreign table says that it cannot be read.
create foreign data wrapper postgres_fdw;
