-- As all functions here. Only supanest.judge has no settings of its own, as Postgres would not inline it.
alter function supanest.welcome(uuid[]) set search_path = '';
