import { afterAll, beforeAll } from '@jest/globals';
import { connecting } from './connection/connecting.cases.js';
import { largeTensors } from './connection/large-tensors.cases.js';
import { Machines } from './connection/machines.js';
import { tensorsOverConnections } from './connection/tensors.cases.js';

const machines = new Machines();

beforeAll(() => machines.start());
afterAll(() => machines.stop());

connecting(machines);
tensorsOverConnections(machines);
largeTensors(machines);
