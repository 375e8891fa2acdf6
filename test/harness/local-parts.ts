import { describe, it } from '@jest/globals';
import { hostedSupabase } from './hosted.js';

/** Whether this run is on a Supabase that somebody else runs: then only what is public of it is known. */
export const isHosted = hostedSupabase() !== undefined;

/**
 * For what needs parts that only the local Supabase shows: its inbox, its files, the secret it signs with, the identity
 * providers in its configuration; and for tokens that are verified although Supabase is away, whose keys were never asked for.
 */
export const itLocally = isHosted ? it.skip : it;
export const describeLocally = isHosted ? describe.skip : describe;
