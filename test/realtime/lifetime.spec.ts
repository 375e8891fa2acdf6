import { crowdOfReaders } from './lifetime/crowd.cases.js';
import { endOfSubscriptions } from './lifetime/ending.cases.js';
import { outagesOfSupabase } from './lifetime/outages.cases.js';
import { realtimeService } from './lifetime/service.cases.js';

// One suite, as loading the sources takes longer than most tests.
endOfSubscriptions();
crowdOfReaders();
outagesOfSupabase();
realtimeService();
